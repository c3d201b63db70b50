import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';
import { makeFolder, signalbox, startDaemon } from './signalbox.ts';

const FLOWS = `
flows:
  greet: { on: user.created, emit: greeted, data: { n: "{payload.n}" } }
  note: { on: greeted, steps: [ { run: [node, -e, ""] } ] }
  vip: { on: { event: user.created, where: "payload.n > 1" }, steps: [ { run: [node, -e, ""] } ] }
`;

interface Place {
  readonly folder: string;
  readonly client: ApiClient;
  readonly ids: readonly string[];
  readonly end: () => Promise<number | null>;
}

/** A daemon with three events from outside, of two types, and all that came of them. */
async function opened(): Promise<Place> {
  const folder = makeFolder({ 'signalbox.yaml': FLOWS });
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const ids: string[] = [];
  for (const [type, n] of [
    ['user.created', 1],
    ['user.deleted', 2],
    ['user.created', 3],
  ] as const) {
    const data = JSON.stringify({ n });
    const { stdout } = await signalbox(folder, ['emit', type, '--data', data]);
    ids.push(stdout.trim());
  }
  await client.quiet();
  return { folder, client, ids, end: () => daemon.end() };
}

describe('a replay', () => {
  test('says what would start, and does nothing, unless it is told to', async () => {
    const { folder, client, ids } = await opened();
    const { events } = await client.quiet();
    const { code, stdout, stderr } = await signalbox(folder, ['replay', '--since', '1h']);
    expect(code).toBe(0);
    const said = stdout.trim().split('\n');
    expect(
      said.map((line) => line.split(/\s\s+/)).map(([id, , type, what]) => [id, type, what]),
    ).toEqual([
      [ids[0], 'user.created', 'would start greet'],
      [ids[1], 'user.deleted', 'would start nothing'],
      [ids[2], 'user.created', 'would start greet, vip'],
    ]);
    expect(stderr).toContain(
      '3 events would be replayed and start 3 runs; nothing was done, --live does it.',
    );
    expect((await client.quiet()).events).toBe(events);
  });

  test('lets what came from outside come once more, in order, and what follows', async () => {
    const { folder, client, ids, end } = await opened();
    const { code, stdout, stderr } = await signalbox(folder, ['replay', '--since', '1h', '--live']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '3 events replayed.\n' });
    await client.quiet();
    const again = stdout.trim().split('\n');
    const shown = await Promise.all(again.map((id) => client.event(id)));
    expect(shown.map((event) => (event as unknown as { replayof: string }).replayof)).toEqual(ids);
    // Each greeting was said once, and once more since its cause came again.
    expect(await client.events('greeted')).toHaveLength(4);
    // What was a replay is no event from outside: it is not replayed by the next one.
    const next = await signalbox(folder, ['replay', '--since', '1h', '--json']);
    expect(JSON.parse(next.stdout.trim().split('\n').at(-1) ?? '')).toEqual({
      events: 3,
      starts: 3,
      unwanted: 0,
    });
    expect(await end()).toBe(0);
    await expectSoundLog(folder);
  });

  test('shows no progress between the lines that a person watches', async () => {
    if (spawnSync('script', ['-qec', 'true', '/dev/null']).status !== 0) {
      console.log('a terminal: not tried, since there is no program "script" of util-linux');
      return;
    }
    const { folder, ids } = await opened();
    const { code, stdout } = await signalbox(folder, ['replay', '--since', '1h'], {
      prefix: ['sh', '-c', 'exec script -qec "$*" /dev/null', 'sh'],
      env: { NO_COLOR: '1' },
    });
    expect(code).toBe(0);
    expect(stdout.split('\r\n').map((line) => line.split(/\s/)[0])).toEqual([...ids, '3', '']);
  });

  test('for a flow that there is not says which there are, and does nothing', async () => {
    const { folder, client, ids, end } = await opened();
    const { events } = await client.quiet();
    const refused =
      'signalbox: There is no flow "vpi", did you mean "vip"? In force are: greet, note, vip.\n';
    const range = ['replay', '--since', '1h', '--flow', 'vpi'];
    for (const args of [range, [...range, '--live'], ['replay', ids[0] ?? '', '--flow', 'vpi']]) {
      expect(await signalbox(folder, args)).toEqual({ code: 2, stdout: '', stderr: refused });
    }
    expect((await client.quiet()).events).toBe(events);
    await end();
    expect(await signalbox(folder, [...range, '--live'])).toMatchObject({ code: 2, stdout: '' });
  });

  test('with recorded effects compares by a daemon or by the files, and does nothing', async () => {
    const { folder, client, ids, end } = await opened();
    const { events } = await client.quiet();
    const range = ['replay', '--since', '1h', '--recorded-effects'];
    const same = await signalbox(folder, range);
    expect(same).toMatchObject({
      code: 0,
      stderr: '4 events: 5 runs the same; nothing was called or recorded.\n',
    });
    const [, greet] = same.stdout.split('\n');
    expect(greet).toMatch(/^ {2}greet {2}\S+ {2}the same, 1 step$/);
    expect((await client.quiet()).events).toBe(events);
    await end();
    const changed = FLOWS.replace('"{payload.n}"', '"{payload.n}!"');
    writeFileSync(join(folder, 'signalbox.yaml'), changed);
    const differs = await signalbox(folder, ['replay', ids[0] ?? '', '--recorded-effects']);
    expect(differs).toMatchObject({
      code: 1,
      stderr: '1 event: 0 runs the same, 1 differs; nothing was called or recorded.\n',
    });
    expect(differs.stdout.split('\n').slice(1, 4)).toEqual([
      expect.stringMatching(/^ {2}greet {2}\S+ {2}differs at 1$/),
      '    then  1 emit {"emit":["greeted"],"data":{"n":1}}',
      '    now   1 emit {"emit":["greeted"],"data":{"n":"1!"}}',
    ]);
    const json = await signalbox(folder, [...range, '--flow', 'vip', '--json']);
    const lines = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      expect.objectContaining({
        event: ids[2],
        flows: [expect.objectContaining({ flow: 'vip', outcome: 'same', difference: null })],
      }),
      { events: 1, same: 1, differs: 0, unknown: 0 },
    ]);
    expect(json.code).toBe(0);
  });

  test('chooses by type, time and number', async () => {
    const { folder, ids, client } = await opened();
    const chosen = async (...flags: readonly string[]): Promise<string[]> => {
      const { stdout } = await signalbox(folder, ['replay', ...flags]);
      return stdout.split('\n').flatMap((line) => line.match(/^\S+/)?.slice() ?? []);
    };
    expect(await chosen('--since', '1h', '--type', 'user.c*')).toEqual([ids[0], ids[2]]);
    expect(await chosen('--since', '1h', '--limit', '2')).toEqual([ids[0], ids[1]]);
    expect(await chosen('--since', '1h', '--until', '30m')).toEqual([]);
    const { received } = await client.event(ids[1] ?? '');
    expect(await chosen('--since', received)).toEqual([ids[1], ids[2]]);
    expect(await chosen('--since', '1h', '--until', received)).toEqual([ids[0], ids[1]]);
  });

  test('of one event, and for one flow that wants it', async () => {
    const { folder, client, ids } = await opened();
    const [first = '', , third = ''] = ids;
    const dry = await signalbox(folder, ['replay', first, '--flow', 'vip']);
    expect(dry.stdout).toContain('would start nothing');
    const unwanted = await signalbox(folder, ['replay', first, '--flow', 'vip', '--live']);
    expect(unwanted).toMatchObject({ code: 1, stdout: '' });
    expect(unwanted.stderr).toContain('Flow "vip" filters this event: payload.n > 1');
    const one = await signalbox(folder, ['replay', third, '--flow', 'vip', '--live']);
    expect(one.stderr).toBe('1 event replayed.\n');
    const range = ['replay', '--since', '1h', '--flow', 'vip', '--live'];
    const all = await signalbox(folder, range);
    expect(all.stderr).toBe('1 event replayed, 2 events passed over that it does not want.\n');
    await client.quiet();
    const runs = await client.runs();
    expect(runs.filter(({ flow }) => flow === 'vip')).toHaveLength(3);
    expect(await client.events('greeted')).toHaveLength(2);
  });

  test('without a daemon is recorded, and starts what it starts when one runs', async () => {
    const { folder, end, ids } = await opened();
    await end();
    const replayed = await signalbox(folder, ['replay', ids[0] ?? '', '--live']);
    expect(replayed.code).toBe(0);
    const client = new ApiClient((await startDaemon(folder)).ready);
    await client.quiet();
    expect(await client.events('greeted')).toHaveLength(3);
  });

  test.each([
    [['replay'], 2, 'Name an event, or say since when'],
    [['replay', '1', '--since', '1h'], 2, 'One event is named'],
    [['replay', '1', '--limit', '3'], 2, 'One event is named'],
    [['replay', '1', '--live', '--dry-run'], 2, 'Give --dry-run or --live, not both.'],
    [['replay', '1', '--live', '--recorded-effects'], 2, 'one of them'],
    [['replay', '--since', 'soon'], 2, '--since soon is no time'],
    [['replay', '--since', '1h', '--until', 'soon'], 2, '--until soon is no time'],
  ])('%j is told what does not fit', async (args, code, said) => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const answer = await signalbox(folder, args);
    expect(answer).toMatchObject({ code, stdout: '' });
    expect(answer.stderr).toContain(said);
  });

  test('does not repeat what Signalbox recorded itself, nor what is not there', async () => {
    const { folder } = await opened();
    const own = await signalbox(folder, ['replay', '1', '--live']);
    expect(own.code).toBe(1);
    expect(own.stderr).toContain('is what Signalbox itself has recorded');
    expect((await signalbox(folder, ['replay', 'nobody'])).code).toBe(2);
  });
});
