import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ApiClient } from '../crash/api-client.ts';
import { makeFolder, signalbox, signalboxJson, startDaemon } from './signalbox.ts';

const FLOWS = `
flows:
  ship:
    on: { event: order.placed, where: payload.total > 0 }
    steps:
      - { id: tell, emit: order.shipped, data: { total: "{payload.total}", id: "{event.id}" } }
  refuse:
    on: refusal.requested
    steps:
      - id: no
        run: [node, -e, "console.error('not \\u001b[31mtoday'); process.exit(3)"]
        retry: { attempts: 1 }
handlers:
  hand:
    steps: [ { id: tell, emit: hand.done, data: { given: "{payload}" } } ]
`;

// oxlint-disable-next-line no-control-regex -- none of these may reach the terminal
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f]/;

interface Letter {
  readonly id: string;
  readonly kind: string;
}

function folderWithFlows(): string {
  return makeFolder({ 'signalbox.yaml': FLOWS });
}

async function lettersOf(folder: string, ...flags: readonly string[]): Promise<readonly Letter[]> {
  const { items } = (await signalboxJson(folder, ['dlq', ...flags])) as {
    items: readonly Letter[];
  };
  return items;
}

describe('dlq', () => {
  test('lists what failed as a table, and shows one with its data', async () => {
    const folder = folderWithFlows();
    await startDaemon(folder);
    expect((await signalbox(folder, ['dlq'])).stderr).toBe('No open dead letters.\n');
    const waited = await signalbox(folder, ['emit', 'order.placed', '--data', '{"a":1}', '--wait']);
    expect(waited.code).toBe(1);
    expect(waited.stderr).toContain('flow ship could not take it: The expression');
    await signalbox(folder, ['emit', 'refusal.requested', '--data', '"\\u001b[2J"', '--wait']);

    const { code, stdout } = await signalbox(folder, ['dlq']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ID +WHEN +KIND +FLOW +STEP +ATTEMPTS +ERROR$/m);
    expect(stdout).toMatch(/^sb\w+-\d+ .* run +refuse +no +1 .*\[run\.failed\]$/m);
    expect(stdout).toMatch(/^sb\w+-\d+ .* event +ship +0 .*no "total".*\[expression\.failed\]$/m);

    const [run, event] = await lettersOf(folder);
    const shown = await signalbox(folder, ['dlq', event?.id ?? '']);
    expect(shown.stdout).toMatch(/^state +open$/m);
    expect(shown.stdout).toContain('"a": 1');
    const refused = await signalbox(folder, ['dlq', 'show', run?.id ?? '']);
    expect(refused.stdout).toContain('"\\u001b[2J"');
    expect(stdout + shown.stdout + refused.stdout).not.toMatch(CONTROL);
    expect(await lettersOf(folder, '--kind', 'run')).toMatchObject([{ kind: 'run' }]);
    expect(await lettersOf(folder, '--flow', 'ship')).toMatchObject([{ kind: 'event' }]);
    expect(await lettersOf(folder, '--limit', '1')).toHaveLength(1);
  });

  test('refuses a flow that there is not, and so does the list of runs', async () => {
    const folder = folderWithFlows();
    const { end } = await startDaemon(folder);
    const refused = {
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('There is no flow "shpi", did you mean "ship"?') as string,
    };
    const lists = [['dlq'], ['dlq', 'retry', '--all'], ['dlq', 'drop', '--all'], ['runs']];
    for (const list of lists) {
      expect(await signalbox(folder, [...list, '--flow', 'shpi'])).toEqual(refused);
    }
    await end();
    for (const list of lists) {
      expect(await signalbox(folder, [...list, '--flow', 'shpi'])).toEqual(refused);
    }
    const none = await signalbox(folder, ['runs', '--flow', 'ship']);
    expect(none).toEqual({ code: 0, stdout: '', stderr: 'No runs.\n' });
  });

  test('retries and drops, one or all that fit', async () => {
    const folder = folderWithFlows();
    await startDaemon(folder);
    for (let n = 0; n < 4; n++) {
      await signalbox(folder, ['emit', 'order.placed', '--id', `o-${n}`, '--wait']);
    }
    const [last, ...others] = await lettersOf(folder);
    writeFileSync(join(folder, 'order.json'), '{ "total": 5 }');
    const one = await signalbox(folder, ['dlq', 'retry', last?.id ?? '', '--with', 'order.json']);
    expect([one.code, one.stderr]).toEqual([0, '']);
    expect(one.stdout).toMatch(/^Dead letter sb\w+-\d+ is retried, as event sb\w+-\d+\.\n$/);
    const again = await signalbox(folder, ['dlq', 'drop', last?.id ?? '']);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(
      /^signalbox: Dead letter \S+ was retried by owner at \S+, see event/,
    );

    const all = await signalbox(folder, [
      'dlq',
      'drop',
      '--all',
      '--limit',
      '2',
      '--reason',
      'old',
    ]);
    expect([all.code, all.stdout]).toEqual([0, '2 dead letters dropped.\n']);
    expect(await lettersOf(folder)).toMatchObject([{ id: others[2]?.id }]);
    expect(await lettersOf(folder, '--state', 'dropped')).toHaveLength(2);
    const rest = await signalboxJson(folder, ['dlq', 'retry', '--all', '--kind', 'event']);
    expect(rest).toEqual({ retried: 1, refused: [] });
    const none = await signalbox(folder, ['dlq', 'retry', '--all', '--kind', 'step']);
    expect([none.code, none.stdout]).toEqual([0, '0 dead letters retried.\n']);
    expect(await signalboxJson(folder, ['rebuild', '--check'])).toMatchObject({ ok: true });
  });

  test('goes on with the others where one is refused', async () => {
    const folder = folderWithFlows();
    const first = await startDaemon(folder);
    await signalbox(folder, ['emit', 'order.placed', '--wait']);
    await signalbox(folder, ['emit', 'refusal.requested', '--wait']);
    await first.end();
    writeFileSync(join(folder, 'signalbox.yaml'), FLOWS.replace('  ship:', '  shop:'));
    await startDaemon(folder, ['--apply']);
    const { code, stdout, stderr } = await signalbox(folder, ['dlq', 'retry', '--all']);
    expect([code, stdout]).toEqual([1, '1 dead letter retried.\n']);
    expect(stderr).toMatch(/^sb\w+-\d+: There is no flow "ship", did you mean "shop"\?/);
  });

  test('works without a daemon, and the next one goes on', async () => {
    const folder = folderWithFlows();
    const first = await startDaemon(folder);
    await signalbox(folder, ['emit', 'order.placed', '--wait']);
    await signalbox(folder, ['emit', 'refusal.requested', '--wait']);
    await first.end();
    const [run, event] = await lettersOf(folder);
    writeFileSync(join(folder, 'order.json'), '{"total":5}');
    const retried = await signalbox(folder, ['dlq', 'retry', event?.id ?? '', '--with=order.json']);
    expect([retried.code, retried.stderr]).toEqual([
      0,
      'No daemon runs: it is tried again as soon as one does.\n',
    ]);
    expect((await signalbox(folder, ['dlq', 'retry', run?.id ?? ''])).code).toBe(0);
    expect((await signalbox(folder, ['trigger', 'hand', '--data', '{"a":1}'])).code).toBe(0);
    expect((await signalbox(folder, ['trigger', 'hand', '--wait'])).code).toBe(69);
    expect(await signalboxJson(folder, ['rebuild', '--check'])).toMatchObject({ ok: true });

    const second = await startDaemon(folder);
    await second.logged('run failed');
    await new ApiClient(second.ready).quiet();
    const shipped = await signalboxJson(folder, ['events', '--type', 'order.shipped']);
    expect(shipped).toMatchObject({ items: [{ data: { total: 5 } }] });
    expect(await lettersOf(folder)).toMatchObject([{ kind: 'run' }]);
    expect((await signalbox(folder, ['verify'])).code).toBe(0);
  });

  test('is dropped with no reason that the log cannot keep, daemon or none', async () => {
    const folder = folderWithFlows();
    const daemon = await startDaemon(folder);
    await signalbox(folder, ['emit', 'order.placed', '--wait']);
    const [letter] = await lettersOf(folder);
    const drop = ['dlq', 'drop', letter?.id ?? '', '--reason'];
    const served = [
      await signalbox(folder, [...drop, 'a\tb']),
      await signalbox(folder, [...drop, '']),
    ];
    await daemon.end();
    const local = [
      await signalbox(folder, [...drop, 'a\tb']),
      await signalbox(folder, [...drop, '']),
    ];
    expect(served.map(({ code, stderr }) => [code, stderr])).toEqual([
      [2, 'signalbox: "reason" holds a control character; remove it.\n'],
      [2, 'signalbox: "reason" is empty; give it a text.\n'],
    ]);
    expect(local).toEqual(served);
    expect(await lettersOf(folder)).toHaveLength(1);
  });

  test.each([
    [['dlq', 'retry'], 2, 'Name a dead letter, or --all'],
    [['dlq', 'retry', '4', '--all'], 2, 'not both'],
    [['dlq', 'retry', '--all', '--with', 'x'], 2, '--with gives the data of one event'],
    [['dlq', 'retry', '4', '--with', 'absent'], 2, '--with absent cannot be read'],
    [['dlq', 'retry', '999'], 2, 'no dead letter'],
    [['dlq', 'drop', '\u001b[2J'], 2, 'There is no dead letter "\\u001b[2J"'],
    [['dlq', 'show', '../x'], 2, 'There is no dead letter "../x"'],
    [['dlq', 'show', 'sb00000000-1'], 2, 'There is no dead letter "sb00000000-1".'],
    [['dlq', 'retry', 'sb00000000-1'], 2, 'There is no dead letter "sb00000000-1".'],
    [['dlq', 'drop', 'sb00000000-1'], 2, 'There is no dead letter "sb00000000-1".'],
    [['dlq', 'retyr'], 2, 'did you mean "retry"?'],
    [['dlq', '--kind', 'runs'], 2, 'it is one of event, run, step, notification'],
  ])('says what is wrong with %j', async (args, code, says) => {
    const folder = folderWithFlows();
    await signalbox(folder, ['emit', 'x']);
    const ended = await signalbox(folder, args);
    expect(ended.stderr).toContain(says);
    expect(ended.code).toBe(code);
    expect(ended.stderr).not.toMatch(CONTROL);
  });
});

describe('trigger', () => {
  test('starts a flow by its name, with what is given', async () => {
    const folder = folderWithFlows();
    await startDaemon(folder);
    const first = await signalbox(folder, ['trigger', 'hand', '--data', '{"n":1}', '--wait']);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^sb\w+-\d+\nrun sb\w+-\d+ of flow hand: succeeded after /);
    writeFileSync(join(folder, 'given.json'), '{"n":2}');
    await signalbox(folder, ['trigger', '--handler', 'hand', '--data', '@given.json', '--wait']);
    await signalbox(folder, ['trigger', 'hand', '--data', '-', '--wait'], { input: '{"n":3}\n' });
    const { items } = (await signalboxJson(folder, ['events', '--type', 'hand.done'])) as {
      readonly items: readonly { readonly data: object }[];
    };
    expect(items.map(({ data }) => data)).toEqual([1, 2, 3].map((n) => ({ given: { n } })));
    const json = await signalboxJson(folder, ['trigger', 'hand', '--wait']);
    expect(json).toMatchObject({ event: expect.stringMatching(/^sb/) as string, runs: [{}] });
    const bad = await signalbox(folder, ['trigger', 'refuse', '--wait']);
    expect(bad.code).toBe(1);
  });

  test('says which flows there are, and what is wrong', async () => {
    const folder = folderWithFlows();
    await signalbox(folder, ['emit', 'x']);
    const early = await signalbox(folder, ['trigger', 'hand']);
    expect([early.code, early.stderr]).toEqual([
      2,
      'signalbox: There is no flow "hand": none is in force. Start a daemon with: signalbox up\n',
    ]);
    await startDaemon(folder);
    const names = 'ship, refuse, hand';
    const ended = await signalbox(folder, ['trigger', 'hadn']);
    expect([ended.code, ended.stderr]).toEqual([
      2,
      `signalbox: There is no flow "hadn", did you mean "hand"? In force are: ${names}.\n`,
    ]);
    const usage = [
      ['trigger'],
      ['trigger', 'hand', '--handler', 'hand'],
      ['trigger', 'hand', '--data', '{'],
      ['trigger', '\u001b[2J'],
    ];
    for (const args of usage) {
      const { code, stderr } = await signalbox(folder, args);
      expect(code).toBe(2);
      expect(stderr).not.toContain('\u001b');
    }
  });
});
