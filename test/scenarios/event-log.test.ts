import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../fixtures/until.ts';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';

const WRITERS = ['a', 'b', 'c'];
const LINES = 120;
const KILLS = 4;

/** Every eighth line is longer than what a pipe takes at once. */
const WRITER = `
source ./functions.sh
for ((n = 0; n < ${LINES}; n++)); do
  emit_event counted "$1" "$n" "$( ((n % 8)) || printf '%*s' 9000 '' | tr ' ' "$1")"
done`;

interface Found {
  readonly data: { readonly operation: string; readonly context: string };
}

test('a line is an event and an event a line, once, though the daemon is killed', async () => {
  const folder = makeFolder({
    'signalbox.yaml': 'sources: [{ type: event_log, path: event.log, write: true }]\n',
  });
  writeFileSync(join(folder, 'functions.sh'), (await signalbox(folder, ['shellenv'])).stdout);
  const writers = WRITERS.map((name) => {
    const child = spawn('bash', ['-c', WRITER, 'bash', name], { cwd: folder, stdio: 'inherit' });
    return once(child, 'exit');
  });
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = await startDaemon(folder);
    await signalbox(folder, ['emit', 'asked', 'emit', String(kill), '']);
    await daemon.end('SIGKILL');
  }
  await Promise.all(writers);
  const daemon = await startDaemon(folder);
  const keys = await allOf(folder, 'counted', WRITERS.length * LINES);
  expect(new Set(keys).size).toBe(WRITERS.length * LINES);
  expect(keys).toHaveLength(WRITERS.length * LINES);
  expect(await allOf(folder, 'event_log.rejected', 0)).toEqual([]);
  expect(await allOf(folder, 'asked', KILLS)).toHaveLength(KILLS);
  await until(() => asked(folder).length >= KILLS);
  expect(asked(folder)).toHaveLength(KILLS);
  expect(new Set(asked(folder)).size).toBe(KILLS);
  await daemon.end();
});

function asked(folder: string): string[] {
  const lines = readFileSync(join(folder, 'event.log'), 'utf8').split('\n');
  return lines.filter((line) => line.includes('|EVENT|asked|'));
}

/** What tells the events of a type apart, as soon as there are so many. */
async function allOf(folder: string, type: string, count: number): Promise<string[]> {
  for (;;) {
    const { items } = (await signalboxJson(folder, ['events', '1000', '--type', type])) as {
      items: Found[];
    };
    if (items.length >= count) {
      return items.map(({ data }) => `${data.operation} ${data.context}`);
    }
  }
}
