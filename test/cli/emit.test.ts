import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../server/until.ts';
import { makeFolder, signalbox, signalboxJson, start, startDaemon } from './signalbox.ts';

const FLOWS = `
flows:
  greet:
    on: greeting.requested
    steps:
      - id: say
        run: [node, -e, "console.log(JSON.stringify({hello: process.argv[1]}))", "{payload.name}"]
  refuse:
    on: refusal.requested
    steps:
      - { id: no, run: [node, -e, "process.exit(1)"], retry: { attempts: 1 } }
`;

const folderWithFlows = (): string => makeFolder({ 'signalbox.yaml': FLOWS });

/** The latest events of a type, as the log holds them. */
async function eventsOf(folder: string, type: string): Promise<Record<string, unknown>[]> {
  const { items } = (await signalboxJson(folder, ['events', '100', '--type', type])) as {
    readonly items: Record<string, unknown>[];
  };
  return items;
}

describe('emit', () => {
  test('prints the id of the event, and the log holds it as it was given', async () => {
    const folder = folderWithFlows();
    await startDaemon(folder);
    const attributes = ['--source', 'test', '--subject', 's', '--correlation', 'c'];
    const data = '{"n": 12345678901234567890}';
    const { code, stdout, stderr } = await signalbox(folder, [
      'emit',
      'a.b',
      '--data',
      data,
      ...attributes,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [event] = await eventsOf(folder, 'a.b');
    expect(stdout).toBe(`${String(event?.['id'])}\n`);
    expect(event).toMatchObject({ source: 'test', subject: 's', correlationid: 'c' });
    const exported = await signalbox(folder, ['events', 'export']);
    expect(exported.stdout).toContain('12345678901234567');
  });

  test('takes the three words of emit_event', async () => {
    const folder = folderWithFlows();
    await signalbox(folder, ['emit', 'files_staged', 'stage_files', '', '3 files']);
    const [event] = await eventsOf(folder, 'files_staged');
    expect(event?.['data']).toEqual({ operation: 'stage_files', context: '', payload: '3 files' });
  });

  test('records without a daemon, and the next daemon starts what was emitted', async () => {
    const folder = folderWithFlows();
    const { code } = await signalbox(folder, [
      'emit',
      'greeting.requested',
      '--data',
      '{"name":1}',
    ]);
    expect(code).toBe(0);
    const { logged } = await startDaemon(folder);
    await logged('run succeeded');
  });

  test('records from several shells at once, without a daemon', async () => {
    const folder = folderWithFlows();
    const ends = await Promise.all(
      [1, 2, 3].map((n) => signalbox(folder, ['emit', 'a', '--id', `i${n}`])),
    );
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await eventsOf(folder, 'a')).toHaveLength(3);
  });

  test('makes no log where nothing says that events belong there', async () => {
    const folder = makeFolder();
    const { code, stderr } = await signalbox(folder, ['emit', 'a']);
    expect(code).toBe(73);
    expect(stderr).toContain('--data');
  });

  test('takes a directory for the data directory, and JSON for the data', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'box'));
    const first = await signalbox(folder, ['emit', 'a', '--data', '{}', '--data', 'box']);
    const second = await signalbox(folder, ['--data', 'box', 'emit', 'a', '--data', '{}']);
    expect([first.code, second.code]).toEqual([0, 0]);
    const { items } = (await signalboxJson(folder, ['events', '--data', 'box'])) as {
      readonly items: object[];
    };
    expect(items).toHaveLength(2);
  });

  test('records an id once, and refuses other content under it', async () => {
    const folder = folderWithFlows();
    await startDaemon(folder);
    const args = ['emit', 'a', '--id', 'x', '--json'];
    const first = JSON.parse((await signalbox(folder, args)).stdout) as { readonly seq: number };
    const again = JSON.parse((await signalbox(folder, args)).stdout) as object;
    expect(again).toEqual({ id: 'x', seq: first.seq, duplicate: true });
    const { code, stderr } = await signalbox(folder, ['emit', 'a', '--id', 'x', '--data', '2']);
    expect(code).toBe(1);
    expect(stderr).toContain(`as number ${first.seq}; use another id`);
  });

  test('waits for the runs that the event starts, and fails with them', async () => {
    const folder = folderWithFlows();
    await startDaemon(folder);
    const good = await signalbox(folder, [
      'emit',
      'greeting.requested',
      '--data={"name":"Ada"}',
      '--wait',
      '--json',
    ]);
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({
      duplicate: false,
      runs: [{ flow: 'greet', state: 'succeeded', steps: [{ output: { hello: 'Ada' } }] }],
    });
    const bad = await signalbox(folder, ['emit', 'refusal.requested', '--wait']);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/^sb\w+-\d+\nrun sb\w+-\d+ of flow refuse: failed after /);
    const none = await signalbox(folder, ['emit', 'nobody.cares', '--wait']);
    expect(none.code).toBe(0);
    expect(none.stderr).toContain('No flow answers nobody.cares');
  });

  test('fails where a run that it waits for is cancelled', async () => {
    const nap = 'flows: { nap: { on: nap.wanted, steps: [{ sleep: 1h }] } }';
    const folder = makeFolder({ 'signalbox.yaml': nap });
    await startDaemon(folder);
    const waits = signalbox(folder, ['emit', 'nap.wanted', '--wait']);
    const { id } = await until(async () => {
      const { items } = (await signalboxJson(folder, ['runs', '--state', 'waiting'])) as {
        readonly items: readonly { readonly id: string }[];
      };
      return items[0];
    });
    await signalbox(folder, ['runs', 'cancel', id]);
    const { code, stdout } = await waits;
    expect(stdout).toContain(`run ${id} of flow nap: cancelled after `);
    expect(code).toBe(1);
  });

  test('takes a run with nothing to do for a success', async () => {
    const folder = makeFolder({
      'signalbox.yaml':
        'flows: { idle: { on: idle.wanted, steps: [{ emit: idle.done, if: payload.n > 1 }] } }',
    });
    await startDaemon(folder);
    const args = ['emit', 'idle.wanted', '--data={"n":0}', '--wait'];
    const { code, stdout } = await signalbox(folder, args);
    expect(stdout).toContain(' of flow idle: noop after ');
    expect(code).toBe(0);
  });

  test('says of an event that no run comes of now what its flow does with it', async () => {
    const folder = makeFolder({
      'signalbox.yaml': `
flows:
  report: { on: asked, concurrency: { limit: 1, on_full: drop }, steps: [{ sleep: 1h }] }
  digest: { on: written, batch: { size: 9, key: event.data.to }, steps: [{ emit: sent }] }
`,
    });
    await startDaemon(folder);
    await signalbox(folder, ['emit', 'asked']);
    const dropped = await signalbox(folder, ['emit', 'asked', '--wait']);
    expect(dropped).toMatchObject({
      code: 0,
      stderr:
        'flow "report" dropped it: As many runs are open as "concurrency" ' +
        'of flow "report" allows: 1.\n',
    });
    const gathered = await signalbox(folder, ['emit', 'written', '--data={"to":"a"}', '--wait']);
    expect(gathered).toMatchObject({
      code: 0,
      stderr: 'flow "digest" took it together with others: the key is "a".\n',
    });
  });

  test('does not wait where no daemon could run anything', async () => {
    const { code, stderr } = await signalbox(folderWithFlows(), ['emit', 'a', '--wait']);
    expect(code).toBe(69);
    expect(stderr).toContain('signalbox up');
  });

  test.each([
    ['no type', ['emit'], 'Name the type'],
    ['data that is no JSON', ['emit', 'a', '--data', '{x'], 'not JSON'],
    ['two payloads', ['emit', 'a', '--data', '1', '--data', '2'], 'given twice'],
    ['an id for a stream', ['emit', '-', '--id', 'x'], 'its own "id"'],
    ['words beside a stream', ['emit', '-', 'word'], 'leave the words out'],
    ['a payload beside a stream', ['emit', '-', '--data', '{}'], 'leave --data out'],
    ['a wait for a stream', ['emit', '-', '--wait'], 'cannot wait'],
  ])('is refused for %s', async (_, args, message) => {
    const { code, stderr } = await signalbox(folderWithFlows(), args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('takes data over several lines, beside its flag or joined to it', async () => {
    const folder = folderWithFlows();
    const { code } = await signalbox(folder, ['emit', 'a', '--data={\n"n": 1\n}']);
    expect(code).toBe(0);
    expect((await eventsOf(folder, 'a'))[0]?.['data']).toEqual({ n: 1 });
  });
});

describe('emit -', () => {
  const lines = (count: number): string =>
    Array.from(
      { length: count },
      (_, n) => `${JSON.stringify({ type: 'bulk.x', data: n })}\n`,
    ).join('');

  test('records a line an event, in the order of the lines', async () => {
    const folder = folderWithFlows();
    await startDaemon(folder);
    const { code, stdout, stderr } = await signalbox(folder, ['emit', '-'], { input: lines(500) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '500 events recorded.\n' });
    const exported = await signalbox(folder, ['events', 'export']);
    const bulk = exported.stdout
      .trimEnd()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { readonly type: string; readonly id: string; readonly data: number },
      )
      .filter(({ type }) => type === 'bulk.x');
    expect(bulk.map(({ data }) => data)).toEqual(Array.from({ length: 500 }, (_, n) => n));
    expect(stdout).toBe(bulk.map(({ id }) => `${id}\n`).join(''));
  });

  test('goes on after bad lines, names and counts them, and fails', async () => {
    const folder = folderWithFlows();
    const input = `${lines(2)}{"type":\n\n{"type":"run.started"}\n${lines(1)}`;
    const { code, stdout, stderr } = await signalbox(folder, ['emit', '-'], { input });
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stderr).toMatch(/^line 3: .*JSON/m);
    expect(stderr).toMatch(/^line 5: "type" may not be "run\.started"/m);
    expect(stderr).toContain('3 events recorded, 2 lines refused.');
  });

  test('tells programs the fate of each line, and the sum', async () => {
    const folder = folderWithFlows();
    const input = '{"type":"a","id":"1"}\n{"type":"a","id":"1"}\n{\n';
    const { code, stdout } = await signalbox(folder, ['emit', '-', '--json'], { input });
    expect(code).toBe(1);
    const results = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(results).toMatchObject([
      { line: 1, id: '1', duplicate: false },
      { line: 2, id: '1', duplicate: true },
      { line: 3, reason: expect.stringContaining('JSON') as string },
      { recorded: 1, duplicates: 1, refused: 1 },
    ]);
  });

  test('takes the type from the command line and the data from the lines', async () => {
    const folder = folderWithFlows();
    const args = ['emit', 'a', '--data', '-', '--source', 'import'];
    const { code } = await signalbox(folder, args, { input: '{"n":1}\n"text"' });
    expect(code).toBe(0);
    const events = await eventsOf(folder, 'a');
    expect(events.map(({ data, source }) => [data, source])).toEqual([
      [{ n: 1 }, 'import'],
      ['text', 'import'],
    ]);
  });

  test('acknowledges an event while it waits for the next line', async () => {
    const folder = folderWithFlows();
    await startDaemon(folder);
    const child = start(folder, ['emit', '-']);
    child.stdin.write('{"type":"a"}\n');
    const id = await new Promise<string>((resolve) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    });
    expect(await signalboxJson(folder, ['events', 'show', id])).toMatchObject({ type: 'a' });
  });

  test('reads data from a file', async () => {
    const folder = folderWithFlows();
    writeFileSync(join(folder, 'd.json'), '{"from": "file"}');
    await signalbox(folder, ['emit', 'a', '--data', '@d.json']);
    expect((await eventsOf(folder, 'a'))[0]?.['data']).toEqual({ from: 'file' });
  });
});
