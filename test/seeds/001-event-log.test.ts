import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalboxJson, startDaemon } from '../cli/signalbox.ts';
import { until } from '../server/until.ts';

/** Its line, with what was pasted into it. */
const LINE = '${timestamp} < /dev/null | EVENT|${event_type}|${operation}|${context}|${payload}';

/** The function of the seed as it is printed there, but for `$1`, which its printing lost. */
const AS_PRINTED = `
emit_event() {
    local event_type=$1
    local operation=$2
    local context=$3
    local payload=$4
    local timestamp=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)

    echo "${LINE}" >> claude/project/events/event.log
}`;
/** The same as it was meant. */
const AS_MEANT = AS_PRINTED.replace(' < /dev/null | ', '|');

const FOLDER = 'claude/project/events';

interface Found {
  readonly time: string;
  readonly data: object;
}

describe('"Create standardized emit_event() function", "Add event logging infrastructure"', () => {
  test.each([
    ['as it is printed', AS_PRINTED],
    ['as it was meant', AS_MEANT],
  ])('a tool with emit_event %s starts the flows that answer it', async (_, functions) => {
    const folder = makeFolder({
      'signalbox.yaml': [
        'sources: [{ type: event_log }]',
        'flows:',
        '  commit_flow: { on: files_staged, steps: [{ emit: commit_requested }] }',
      ].join('\n'),
    });
    mkdirSync(join(folder, FOLDER), { recursive: true });
    const daemon = await startDaemon(folder);
    const tool = `${functions}\nemit_event "files_staged" "stage_files" "" "2 files"`;
    expect(spawnSync('bash', ['-c', tool], { cwd: folder }).status).toBe(0);
    const requested = await until(() => first(folder, 'commit_requested'));
    expect(requested).toBeDefined();
    const staged = await first(folder, 'files_staged');
    expect(staged?.data).toEqual({ operation: 'stage_files', context: '', payload: '2 files' });
    expect(readFileSync(join(folder, FOLDER, 'event.log'), 'utf8')).toContain(staged?.time);
    await daemon.end();
  });
});

async function first(folder: string, type: string): Promise<Found | undefined> {
  const found = await signalboxJson(folder, ['events', '--type', type]);
  return (found as { items: Found[] }).items[0];
}
