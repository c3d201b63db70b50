import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunView } from '../../src/views/run-view.ts';
import { until } from '../server/until.ts';
import { makeFolder, signalbox, signalboxJson, startDaemon } from './signalbox.ts';

const EVIL = '\u001b[2J';
const FLOWS = `
flows:
  work:
    on: work.asked
    steps:
      - id: look
        run: [node, -e, "process.exit(require('fs').existsSync('fixed') ? 0 : 3)"]
        retry: { attempts: 1 }
      - { id: tell, emit: work.done, data: { said: "{steps.look.output}" } }
  slow:
    on: slow.asked
    steps:
      - { id: nap, sleep: 1h }
      - { id: last, emit: slow.done }
  asks:
    on: asks.asked
    steps:
      - { id: ask, gate: { risk: high } }
      - { id: last, emit: asks.done }
  wide:
    on: wide.asked
    steps:
      - id: all
        each: "\${{ payload.items }}"
        concurrency: 30
        do: [ { id: nap, sleep: 1h } ]
`;

/** A folder whose run of the flow stands in this state, and nobody works there any more. */
async function folderWith(
  type: string,
  state: string,
  { data = '{}', branches = 0 }: { readonly data?: string; readonly branches?: number } = {},
): Promise<[string, string]> {
  const folder = makeFolder({ 'signalbox.yaml': FLOWS });
  const daemon = await startDaemon(folder);
  await signalbox(folder, ['emit', type, '--data', data]);
  const run = await until(async () => {
    const { items } = (await signalboxJson(folder, ['runs', '--state', state])) as Listed;
    return items[0];
  });
  await until(async () => {
    const { steps } = (await signalboxJson(folder, ['runs', 'show', run.id])) as RunView;
    return (steps[0]?.branches?.waiting ?? 0) >= branches ? true : undefined;
  });
  await daemon.end();
  return [folder, run.id];
}

interface Listed {
  readonly items: readonly RunView[];
}

async function reached(folder: string, id: string, state: string): Promise<RunView> {
  return until(async () => {
    const run = (await signalboxJson(folder, ['runs', 'show', id])) as RunView;
    return run.state === state ? run : undefined;
  });
}

describe('a run that failed', () => {
  test('is retried without a daemon, and goes on with the next', async () => {
    const [folder, id] = await folderWith('work.asked', 'failed');
    const early = await signalbox(folder, ['runs', 'retry', id, '--from', 'tell']);
    expect(early.code).toBe(1);
    expect(early.stderr).toContain(`Run ${id} has not come to step "tell" yet.`);
    const wrong = await signalbox(folder, ['runs', 'retry', id, '--from', 'lok']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(`Run ${id} has no step "lok"; did you mean "look"?`);

    const { code, stdout, stderr } = await signalbox(folder, ['runs', 'retry', id]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Run ${id} of flow work goes on with step "look" at `));
    expect(stderr).toContain('No daemon runs: it goes on as soon as one does.');
    expect(await signalbox(folder, ['verify'])).toMatchObject({ code: 0 });
    writeFileSync(join(folder, 'fixed'), '');
    const daemon = await startDaemon(folder);
    const run = await reached(folder, id, 'succeeded');
    expect(run.steps[0]?.tries.map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded']);
    expect(await signalbox(folder, ['verify'])).toMatchObject({ code: 0 });
    expect(await signalbox(folder, ['rebuild', '--check'])).toMatchObject({ code: 0 });
    await daemon.end();
  });

  test('is given an output from a file, which stands in its trace with who and why', async () => {
    const [folder, id] = await folderWith('work.asked', 'failed');
    writeFileSync(join(folder, 'output.json'), '{"lines": 3}');
    const daemon = await startDaemon(folder);
    const set = ['runs', 'set', id, 'look', '--output', `@${folder}/output.json`];
    const evil = await signalbox(folder, [...set, '--reason', `by hand${EVIL}`]);
    expect(evil.code).toBe(2);
    expect(evil.stderr).toContain('"reason" holds a control character');
    const told = await signalbox(folder, [...set, '--reason', 'counted by hand']);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    await reached(folder, id, 'succeeded');
    const { stdout } = await signalbox(folder, ['runs', 'show', id]);
    expect(stdout).toContain('set     by owner: counted by hand');
    expect(stdout).toContain('output  {"lines":3}');
    const [done] = (
      (await signalboxJson(folder, ['events', '--type', 'work.done'])) as {
        readonly items: readonly { readonly data: unknown }[];
      }
    ).items;
    expect(done?.data).toEqual({ said: { lines: 3 } });
    await daemon.end();
  });

  test('goes on behind a step that is skipped with a reason, and with none is left', async () => {
    const [folder, id] = await folderWith('work.asked', 'failed');
    const bare = await signalbox(folder, ['runs', 'skip', id, 'look']);
    expect(bare).toMatchObject({ code: 2 });
    expect(bare.stderr).toContain('--reason');
    const skip = ['runs', 'skip', id, 'look', '--reason', 'not needed'];
    const run = (await signalboxJson(folder, skip)) as RunView;
    expect(run.steps[0]).toMatchObject({
      state: 'succeeded',
      decision: { by: 'cli', reason: 'not needed' },
    });
    const { stdout } = await signalbox(folder, ['runs', 'show', id]);
    expect(stdout).toContain('skip    by cli: not needed');
  });
});

describe('a run that waits', () => {
  test('is paused, resumed and cancelled, one sentence each', async () => {
    const [folder, id] = await folderWith('slow.asked', 'waiting');
    const daemon = await startDaemon(folder);
    const pause = await signalbox(folder, ['runs', 'pause', id, '--reason', 'lunch']);
    expect(pause).toMatchObject({
      code: 0,
      stdout: `Run ${id} of flow slow is paused at step "nap" by owner: lunch.\n`,
    });
    const { items } = (await signalboxJson(folder, ['runs', '--state', 'paused'])) as Listed;
    expect(items).toHaveLength(1);
    const why = await signalbox(folder, ['why', id]);
    expect(why.stdout).toContain('paused at step "nap" by owner: lunch');
    const resume = await signalbox(folder, ['runs', 'resume', id]);
    expect(resume.stdout).toMatch(/ goes on with step "nap" at \d{4}-/);
    expect((await signalbox(folder, ['runs', 'resume', id])).stderr).toContain('is not paused');
    const cancel = await signalbox(folder, ['runs', 'cancel', id]);
    expect(cancel.stdout).toBe(`Run ${id} of flow slow is cancelled by owner.\n`);
    const kill = await signalbox(folder, ['runs', 'kill', id]);
    expect(kill).toMatchObject({ code: 1, stdout: '' });
    expect(kill.stderr).toContain(`Run ${id} has ended already: it is cancelled.`);
    await daemon.end();
  });

  test('for a person is told by the step that asks, and not by the one behind it', async () => {
    const [folder, id] = await folderWith('asks.asked', 'waiting');
    const paused = await signalbox(folder, ['runs', 'pause', id]);
    expect(paused.stdout).toBe(`Run ${id} of flow asks is paused at step "ask" by cli.\n`);
    const resumed = await signalbox(folder, ['runs', 'resume', id]);
    expect(resumed.stdout).toContain(`Run ${id} of flow asks waits at step "ask": `);
  });

  test('for its branches tells of the first of them, and of how many there are', async () => {
    const data = JSON.stringify({ items: Array.from({ length: 25 }, (_, n) => n) });
    const [folder, id] = await folderWith('wide.asked', 'waiting', { data, branches: 25 });
    const run = (await signalboxJson(folder, ['runs', 'show', id])) as RunView;
    const [first] = run.steps[0]?.opened ?? [];
    await signalbox(folder, ['runs', 'cancel', first?.id ?? '', '--reason', 'bad item']);
    const { stdout } = await signalbox(folder, ['runs', 'show', id]);
    expect(stdout).toContain('runs    25 branches: 1 cancelled, 24 ');
    expect(stdout).toContain(`${first?.id ?? ''}  branch 1  cancelled  by cli: bad item`);
    expect(stdout).toContain('… 5 more');
    const branch = await signalbox(folder, ['runs', 'show', first?.id ?? '']);
    expect(branch.stdout).toContain(`part of  ${id}, branch 1`);
    expect(branch.stdout).toContain(`key     ${id}/all[0]/nap`);
    const why = await signalbox(folder, ['why', first?.id ?? '']);
    expect(why.stdout).toContain(id);
  });
});

test('an id of another kind is told with the command that shows it', async () => {
  const [folder, run] = await folderWith('work.asked', 'failed');
  const { event } = (await signalboxJson(folder, ['runs', 'show', run])) as RunView;
  const { items } = (await signalboxJson(folder, ['dlq'])) as Listed;
  const letter = items[0]?.id ?? '';
  const isEvent = `${event} is an event, work.asked, and no`;
  const isRun = `${run} is a run of flow work and no`;
  for (const [words, message, see] of [
    [['runs', 'show', event], `${isEvent} run`, `events show ${event}`],
    [['runs', event], `${isEvent} run`, `events show ${event}`],
    [['runs', 'cancel', event], `${isEvent} run`, `events show ${event}`],
    [['runs', 'show', letter], `${letter} is a dead letter and no run`, `dlq show ${letter}`],
    [['dlq', 'show', event], `${isEvent} dead letter`, `events show ${event}`],
    [['dlq', 'drop', run], `${isRun} dead letter`, `runs show ${run}`],
  ] as [string[], string, string][]) {
    expect(await signalbox(folder, words)).toEqual({
      code: 2,
      stdout: '',
      stderr: `signalbox: ${message}. Look at it with: signalbox ${see}\n`,
    });
  }
  const shown = await signalbox(folder, ['events', 'show', run]);
  expect(shown.stderr).toBe(`It begins a run; see: signalbox runs show ${run}\n`);
});

test('a run that there is not, and one that is not named', async () => {
  const [folder] = await folderWith('slow.asked', 'waiting');
  for (const words of [['cancel'], ['show'], []]) {
    const unknown = await signalbox(folder, ['runs', ...words, '9999']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('List the latest with: signalbox runs');
  }
  for (const id of ['sb00000000-1', 'nonsense', '-0']) {
    const named = await signalbox(folder, ['runs', 'cancel', '--', id]);
    expect(named.code).toBe(2);
    expect(named.stderr).toContain(`There is no run "${id}".`);
  }
  expect((await signalbox(folder, ['runs', 'pause'])).code).toBe(2);
  expect((await signalbox(folder, ['runs', 'set', '5', 'nap', '--output', '{'])).code).toBe(2);
});
