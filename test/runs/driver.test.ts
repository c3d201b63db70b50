import { describe, expect, test } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import type { Template } from '../../src/flows/template.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import { SignalboxError } from '../../src/std/errors.ts';
import { seededRandom } from '../../src/std/random.ts';
import { toEvent } from '../../src/store/record.ts';
import { flowOf, stepOf } from './pieces.ts';
import { denied, done, lost, names, refused, scripted } from './scripted.ts';
import { Workshop } from './workshop.ts';

const retry = { attempts: 3, delayMs: 1_000, factor: 2, delayMsMax: 60_000 };

describe('a run that goes well', () => {
  const flow = flowOf(
    stepOf({ id: 'one', input: { event: names('event'), payload: names('payload') } }),
    stepOf({ id: 'two', effect: 'ask', input: { output: names('output') } }),
    stepOf({ id: 'three', input: [names('steps'), names('run'), names('flow'), names('now')] }),
  );

  test('is a record for each step, and one more for what must not be repeated', async () => {
    const shop = await Workshop.open({ flow, act: async () => done });
    const id = await shop.begin();
    await shop.reaches(id, 'succeeded');
    const expected = ['step.completed', 'step.started', 'step.completed', 'run.succeeded'];
    expect(await shop.types(id)).toEqual(expected);
    expect(shop.runner.lanes.taken).toBe(0);
  });

  test('gives each step what the steps before it gave', async () => {
    const { calls, act } = scripted(done, { kind: 'done', output: { n: 2 } });
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{"title":"a"}');
    await shop.reaches(id, 'succeeded');
    const [event] = await shop.store.read({ after: 0, limit: 1 });
    const { identity } = shop.store;
    const shown = event && toEvent(event, identity);
    const run = `${identity.names[0]?.logId}-${id}`;
    const now = new Date(shop.clock.now()).toISOString();
    expect(calls.map(({ input }) => input)).toEqual([
      { event: shown, payload: { title: 'a' } },
      { output: 'ok' },
      [{ one: { output: 'ok' }, two: { output: { n: 2 } } }, run, 'deploy', now],
    ]);
  });

  test('tells each step who calls, and under which key', async () => {
    const { calls, act } = scripted(done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    await shop.reaches(id, 'succeeded');
    const run = `${shop.store.identity.names[0]?.logId}-${id}`;
    const common = { run, flow: 'deploy', attempt: 1, epoch: '1.1', directory: '/project' };
    const seen = calls.map(({ run: of, flow: name, attempt, epoch, directory, step, key }) => {
      return { run: of, flow: name, attempt, epoch, directory, step, key };
    });
    expect(seen).toEqual([
      { ...common, step: 'one', key: `${run}/one` },
      { ...common, step: 'two', key: `${run}/two` },
      { ...common, step: 'three', key: `${run}/three` },
    ]);
    expect(calls[2]?.now).toBe(shop.clock.now());
    expect(calls[0]?.event.type).toBe('pushed');
  });

  test('says so', async () => {
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act: async () => done });
    await shop.reaches(await shop.begin(), 'succeeded');
    await shop.settle();
    expect(shop.lines.map(({ message }) => message)).toEqual(['run started', 'run succeeded']);
  });
});

describe('a step that fails', () => {
  test('comes back within the bounds of its policy, and at last fails its run', async () => {
    const { calls, act } = scripted(refused);
    const flow = flowOf(stepOf({ retry }));
    const shop = await Workshop.open({ flow, act, random: seededRandom(3) });
    await shop.runner.start();
    const id = await shop.begin();
    for (const [ceiling, attempts] of [
      [1_000, 1],
      [2_000, 2],
    ] as const) {
      const { due } = await shop.reaches(id, 'waiting');
      const delay = (due ?? 0) - shop.clock.now();
      expect(delay).toBeGreaterThanOrEqual(ceiling / 10);
      expect(delay).toBeLessThanOrEqual(ceiling);
      await shop.pass(delay - 1);
      expect(calls).toHaveLength(attempts);
      await shop.pass(1);
      expect(calls).toHaveLength(attempts + 1);
    }
    expect(await shop.reaches(id, 'failed')).toMatchObject({ reason: 'not now', attempt: 3 });
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(1);
    expect(shop.lines.at(-1)).toMatchObject({ level: 'error', message: 'run failed' });
  });

  test('comes back when the other side said', async () => {
    const { calls, act } = scripted({ ...refused, afterMs: 90_000 }, done);
    const shop = await Workshop.open({ flow: flowOf(stepOf({ retry })), act });
    await shop.runner.start();
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    await shop.pass(89_999);
    expect(calls).toHaveLength(1);
    await shop.pass(1);
    await shop.reaches(id, 'succeeded');
  });

  test.each<readonly [string, Partial<Flow>, string]>([
    ['of a kind that this daemon lacks', flowOf(stepOf({ kind: 'brew' })), 'no step kind "brew"'],
    ['whose input has no value', flowOf(stepOf({ input: broken() })), 'no field "x"'],
  ])('%s fails without a call', async (_, flow, reason) => {
    const { calls, act } = scripted(done);
    const shop = await Workshop.open({ flow: flow as Flow, act });
    const row = await shop.reaches(await shop.begin(), 'failed');
    expect(row.reason).toContain(reason);
    expect(calls).toHaveLength(0);
  });
});

describe('a step whose outcome is unknown', () => {
  test('waits for a person where it asks', async () => {
    const { calls, act } = scripted(lost);
    const shop = await Workshop.open({ flow: flowOf(stepOf({ retry, effect: 'ask' })), act });
    await shop.runner.start();
    const id = await shop.begin();
    expect(await shop.reaches(id, 'waiting')).toMatchObject({ due: null, reason: 'no answer' });
    await shop.pass(3_600_000);
    expect(calls).toHaveLength(1);
    expect(await shop.types(id)).toEqual(['step.started', 'step.unknown']);
    expect(shop.lines.at(-1)?.message).toBe('step may have happened, waits for a person');
  });

  type Case = readonly [
    answer: string,
    given: StepResult,
    state: 'succeeded' | 'waiting',
    calls: number,
  ];
  const cases: readonly Case[] = [
    ['it happened', { kind: 'done', output: 'there' }, 'succeeded', 1],
    ['it did not happen', denied, 'succeeded', 2],
    ['it is not told', lost, 'waiting', 1],
    ['nobody could be asked', refused, 'waiting', 1],
    ['it takes time', { kind: 'wait', until: 5 }, 'waiting', 1],
    [
      'it is refused to say',
      { kind: 'fail', error: { code: 'x', message: '401', happened: 'no' } },
      'waiting',
      1,
    ],
  ];
  test.each(cases)('is asked about where it can be: %s', async (_, answer, state, count) => {
    let calls = 0;
    const questions: StepContext[] = [];
    const shop = await Workshop.open({
      flow: flowOf(stepOf({ retry, effect: 'verify', input: 'do', verify: 'did it?' })),
      act: async (context) => {
        if (context.input !== 'did it?') return ++calls === 1 ? lost : done;
        questions.push(context);
        return answer;
      },
    });
    await shop.runner.start();
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    await shop.pass(1_000);
    const { reason } = await shop.reaches(id, state);
    expect({ calls, questions: questions.length }).toEqual({ calls: count, questions: 1 });
    expect(questions[0]).toMatchObject({ attempt: 2, key: expect.stringMatching(/\/build$/) });
    const unclear = 'Step "build" may have happened, and its target gave no clear answer.';
    expect(reason).toBe(state === 'waiting' ? unclear : null);
  });

  test('waits for a person where nobody says how to ask', async () => {
    const { act } = scripted(lost, done);
    const step = stepOf({ retry, effect: 'verify', verify: broken() });
    const shop = await Workshop.open({ flow: flowOf(step), act });
    await shop.runner.start();
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    await shop.pass(1_000);
    expect(await shop.reaches(id, 'waiting')).toMatchObject({ due: null, attempt: 2 });
  });

  test('is asked about with nothing where it says no more', async () => {
    const { calls, act } = scripted(lost, done);
    const shop = await Workshop.open({ flow: flowOf(stepOf({ retry, effect: 'verify' })), act });
    await shop.runner.start();
    const id = await shop.begin();
    await shop.reaches(id, 'waiting');
    await shop.pass(1_000);
    await shop.reaches(id, 'succeeded');
    expect(calls[1]?.input).toBeNull();
  });
});

describe('a step that waits', () => {
  test('is done when its time has come, and not before, in whatever session', async () => {
    const { calls, act } = scripted({ kind: 'wait', until: Date.UTC(2026, 0, 1, 2) }, done);
    const flow = flowOf(stepOf({ id: 'sleep' }), stepOf({ id: 'wake' }));
    const first = await Workshop.open({ flow, act });
    const id = await first.begin();
    const { due } = await first.reaches(id, 'waiting');
    expect(due).toBe(Date.UTC(2026, 0, 1, 2));
    expect(first.runner.lanes.taken).toBe(0);

    const shop = await first.reopen();
    await shop.runner.start();
    await shop.pass(2 * 3_600_000 - 1);
    expect(await shop.row(id)).toMatchObject({ state: 'waiting', attempt: 1 });
    await shop.pass(1);
    await shop.reaches(id, 'succeeded');
    expect(await shop.types(id)).toEqual(['step.waiting', 'step.completed', 'run.succeeded']);
    expect(calls.map(({ step, epoch }) => [step, epoch])).toEqual([
      ['sleep', '1.1'],
      ['wake', '1.2'],
    ]);
  });
});

function broken(): Template {
  return {
    kind: 'template',
    text: '{x}',
    render: () => {
      throw new SignalboxError('template.undefined', 'no field "x"');
    },
  };
}
