import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox, signalboxJson, startDaemon } from './signalbox.ts';

const TIME = '2025-07-30T08:56:39.521Z';
const LOG = [
  `${TIME}|EVENT|files_staged|stage_files|main|3 files`,
  `${TIME} < /dev/null | EVENT|commit_created|commit|main|`,
  '',
  'nonsense',
  `{"time":"${TIME}","type":"validated","data":{"context":"main"}}`,
  `{"specversion":"1.0","id":"7","source":"/ci","type":"built","data":{"context":"dev"}}`,
  `${TIME}|EVENT|run.started|||{}`,
].join('\n');

/** A flow that would answer each of them. */
const ANSWERS = 'flows: { answer: { on: "*", steps: [{ run: [touch, answered] }] } }\n';

interface Found {
  readonly type: string;
  readonly correlationid: string;
}

async function eventsOf(folder: string, source: string): Promise<readonly Found[]> {
  const listed = await signalboxJson(folder, ['events', '100']);
  const { items } = listed as { items: (Found & { source: string })[] };
  return items.filter((event) => event.source === source);
}

describe('events import', () => {
  test('records the lines of an old log, each once, and lists the bad ones', async () => {
    const folder = makeFolder({ 'signalbox.yaml': ANSWERS, 'old.log': LOG });
    const first = await signalbox(folder, [
      'events',
      'import',
      'old.log',
      '--correlate',
      'context',
    ]);
    expect(first).toEqual({
      code: 1,
      stdout: '4 events imported, 1 line of a Signalbox about itself left out, 1 bad line.\n',
      stderr:
        'line 4: It is neither time|EVENT|type|operation|context|payload nor a JSON object.\n',
    });
    const events = await eventsOf(folder, 'import:old.log');
    expect(events).toMatchObject([
      { type: 'files_staged', time: TIME, imported: true, correlationid: 'main' },
      { type: 'commit_created', correlationid: 'main', data: { operation: 'commit' } },
      { type: 'validated', correlationid: 'main' },
      { type: 'built', id: '/ci#7', correlationid: 'dev' },
    ]);
    appendFileSync(join(folder, 'old.log'), `\n${TIME}|EVENT|later|||\n`);
    const again = await signalbox(folder, ['events', 'import', 'old.log', '--json']);
    expect(JSON.parse(again.stdout)).toEqual({
      imported: 1,
      duplicates: 4,
      skipped: 1,
      bad: 1,
      lines: [{ line: 4, reason: expect.stringContaining('neither') as string }],
    });
  });

  test('starts nothing, through a daemon or before one, and says why', async () => {
    const folder = makeFolder({ 'signalbox.yaml': ANSWERS, 'old.log': LOG, 'other.log': LOG });
    await signalbox(folder, ['events', 'import', 'old.log']);
    const daemon = await startDaemon(folder);
    await signalbox(folder, ['events', 'import', 'other.log']);
    expect(await eventsOf(folder, 'import:other.log')).toHaveLength(4);
    expect((await signalbox(folder, ['emit', 'asked', '--wait'])).code).toBe(0);
    const runs = (await signalboxJson(folder, ['runs'])) as { items: unknown[] };
    expect(runs.items).toHaveLength(1);
    expect(existsSync(join(folder, 'answered'))).toBe(true);
    const [event] = (await eventsOf(folder, 'import:old.log')) as { seq: number }[] & Found[];
    const why = await signalbox(folder, ['why-not', String(event?.seq), 'answer']);
    expect(why.stdout).toContain('taken over from an old log');
    expect((await signalbox(folder, ['verify'])).code).toBe(0);
    await daemon.end();
  });

  test('reads other fields in another order', async () => {
    const old = '1753865799|INFO|deploy|api|done\n1753865800|INFO|deploy\n';
    const folder = makeFolder({ 'signalbox.yaml': 'flows: {}\n', 'old.log': old });
    const fields = ['--fields', 'time,-,type,service,state', '--source', 'archive'];
    const ended = await signalbox(folder, ['events', 'import', 'old.log', ...fields]);
    expect(ended).toMatchObject({ code: 1, stderr: 'line 2: It has 3 fields of 5.\n' });
    expect(await eventsOf(folder, 'archive')).toMatchObject([
      { type: 'deploy', time: '2025-07-30T08:56:39.000Z', data: { service: 'api', state: 'done' } },
    ]);
  });

  test('lists the first bad lines, and warns of a member that no line has', async () => {
    const lines = `${'nonsense\n'.repeat(22)}{"type":"built","data":{"context":"dev"}}\n`;
    const folder = makeFolder({ 'signalbox.yaml': 'flows: {}\n', 'old.log': lines });
    const of = (member: string) => ['events', 'import', 'old.log', '--correlate', member];
    const { stderr } = await signalbox(folder, of('contxt'));
    const said = stderr.trimEnd().split('\n');
    expect(said).toHaveLength(22);
    expect(said[0]).toContain('warning: no line has a "contxt" to correlate by');
    expect(said[20]).toMatch(/^line 20: /);
    expect(said[21]).toBe('and 2 more bad lines');
    const known = await signalbox(folder, [...of('context'), '--source', 'other']);
    expect(known.stderr).not.toContain('warning');
  });

  test.each([
    [['not-there.log'], 'cannot be read'],
    [['old.log', '--fields', 'time,kind'], '--fields names each field'],
  ])('of %j is refused', async (args, said) => {
    const folder = makeFolder({ 'signalbox.yaml': 'flows: {}\n', 'old.log': LOG });
    const ended = await signalbox(folder, ['events', 'import', ...args]);
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(said) as string });
  });
});
