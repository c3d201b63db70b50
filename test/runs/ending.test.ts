import { describe, expect, test } from 'vitest';
import type { Condition } from '../../src/flows/condition.ts';
import type { Flow, Step } from '../../src/flows/flow.ts';
import type { Scope } from '../../src/flows/scope.ts';
import { historyProblem } from '../../src/runs/history-limit.ts';
import type { Json } from '../../src/std/json.ts';
import { callOf, eachOf, flowOf, parallelOf, positive, stepOf } from './pieces.ts';
import { done, names, refused, scripted } from './scripted.ts';
import { type Act, Workshop } from './workshop.ts';

const failed = { kind: 'fail', error: refused.error } as const;

/** What is done about a failure of `build`: it is told, and then there is one thing more. */
const withRemedy: Flow = {
  ...flowOf(stepOf({ id: 'build' }), stepOf({ id: 'never' })),
  onFailure: [
    stepOf({ id: 'tell', input: [names('error'), names('steps')] }),
    stepOf({ id: 'sweep', guard: positive }),
  ],
};

describe('a run that fails for good', () => {
  test('does what its flow does about that, and ends with what it failed with', async () => {
    const { calls, act } = scripted(failed, done);
    const shop = await Workshop.started({ flow: withRemedy, act });
    const row = await shop.reaches(await shop.begin('{"n":1}'), 'failed');
    expect(row.reason).toBe('not now');
    expect(calls.map(({ step }) => step)).toEqual(['build', 'tell', 'sweep']);
    const input = calls[1]?.input;
    expect(input).toMatchObject([{ step: 'build', code: 'x', message: 'not now' }, {}]);
    expect(await shop.types(row.id)).toEqual(['run.failing', 'step.completed', 'run.failed']);
  });

  test('and says so where that fails too', async () => {
    const { act } = scripted(failed);
    const shop = await Workshop.started({ flow: withRemedy, act });
    const row = await shop.reaches(await shop.begin('{"n":0}'), 'failed');
    expect(row.reason).toBe('not now ("on_failure" failed too, at step "tell": not now)');
  });

  test('does nothing about it where its conditions say so', async () => {
    const flow = { ...withRemedy, onFailure: [stepOf({ id: 'sweep', guard: positive })] };
    const { calls, act } = scripted(failed, done);
    const shop = await Workshop.started({ flow, act });
    await shop.reaches(await shop.begin('{"n":0}'), 'failed');
    expect(calls).toHaveLength(1);
  });

  test('goes on with that after a crash', async () => {
    const { calls, act } = scripted(done);
    const first = await Workshop.started({
      flow: withRemedy,
      act: ({ step }) => (step === 'build' ? Promise.resolve(failed) : new Promise(() => {})),
    });
    const id = await first.begin('{"n":0}');
    await first.settle();
    const second = await first.reopen({ act });
    await second.runner.start();
    const row = await second.reaches(id, 'failed');
    expect(row.reason).toBe('not now');
    expect(calls.map(({ step }) => step)).toEqual(['tell']);
    expect(calls[0]?.input).toMatchObject([{ step: 'build', message: 'not now' }, {}]);
  });

  test('in a branch, is dealt with by its run', async () => {
    const flow = {
      ...flowOf(eachOf('all', [stepOf({ id: 'one' })])),
      onFailure: [stepOf({ id: 'tell' })],
    };
    const { calls, act } = scripted(failed, done);
    const shop = await Workshop.started({ flow, act });
    const id = await shop.begin('{"items":[1]}');
    await shop.pass(10);
    const row = await shop.reaches(id, 'failed');
    expect(row.reason).toBe('Branch 1 of step "all" failed: not now');
    expect(calls.map(({ step }) => step)).toEqual(['one', 'tell']);
  });

  describe('with one of several branches', () => {
    const fork = parallelOf('both', stepOf({ id: 'good', output: 'g' }), stepOf({ id: 'bad' }));
    const seen = [names('steps'), names('g'), names('output')];
    const flow = {
      ...flowOf(stepOf({ id: 'first' }), fork),
      onFailure: [stepOf({ id: 'tell', guard: knows('good'), input: seen })],
    };
    const act: Act = async ({ step }) =>
      step === 'bad' ? failed : { kind: 'done', output: `${step} is done` };
    const story = [
      { first: { output: 'first is done' }, good: { output: 'good is done' } },
      'good is done',
      'first is done',
    ];

    test('knows what the others gave as it deals with that', async () => {
      const { inputs, look } = looking(act);
      const shop = await Workshop.started({ flow, act: look });
      const id = await shop.begin();
      await shop.pass(10);
      await shop.reaches(id, 'failed');
      expect(inputs.get('tell')).toEqual(story);
    });

    test('knows it after a crash too', async () => {
      const stuck: Act = (context) =>
        context.step === 'tell' ? new Promise(() => {}) : act(context);
      const first = await Workshop.started({ flow, act: stuck });
      const id = await first.begin();
      await first.pass(10);
      const { inputs, look } = looking(act);
      const second = await first.reopen({ act: look });
      await second.runner.start();
      await second.reaches(id, 'failed');
      expect(inputs.get('tell')).toEqual(story);
    });

    test('meets conditions about the others where it goes on without them', async () => {
      const last = stepOf({ id: 'last', guard: knows('good'), input: names('g') });
      const { inputs, look } = looking(act);
      const flowOn = flowOf({ ...fork, onError: 'continue' }, last);
      const shop = await Workshop.started({ flow: flowOn, act: look });
      const id = await shop.begin();
      await shop.pass(10);
      await shop.reaches(id, 'succeeded');
      expect(inputs.get('last')).toBe('good is done');
    });
  });

  test('raises an alarm once where its step says so', async () => {
    const flow = {
      ...flowOf(stepOf({ id: 'build', onError: 'escalate' })),
      onFailure: [stepOf({ id: 'tell' })],
    };
    const shop = await Workshop.started({ flow, act: scripted(failed, done).act });
    await shop.reaches(await shop.begin(), 'failed');
    const events = await shop.store.read({ after: 0, limit: 99, type: 'escalation.raised' });
    expect(events.map(({ data }) => JSON.parse(data) as unknown)).toMatchObject([
      { flow: 'deploy', step: 'build', level: 'red', code: 'x', reason: 'not now' },
    ]);
  });

  test.each([
    ['in a branch', parallelOf('both', stepOf({ id: 'build', onError: 'escalate' }))],
    ['at a fork', { ...parallelOf('build', stepOf({ id: 'x' })), onError: 'escalate' as const }],
  ])('raises an alarm where it is marked so %s', async (_, fork) => {
    const shop = await Workshop.started({ flow: flowOf(fork), act: async () => failed });
    const id = await shop.begin();
    await shop.pass(10);
    await shop.reaches(id, 'failed');
    const events = await shop.store.read({ after: 0, limit: 99, type: 'escalation.raised' });
    expect(events.map(({ data }) => JSON.parse(data) as unknown)).toMatchObject([
      { flow: 'deploy', step: 'build', level: 'red' },
    ]);
  });

  test('is a dead letter', async () => {
    const shop = await Workshop.started({ flow: flowOf(stepOf()), act: async () => failed });
    const row = await shop.reaches(await shop.begin(), 'failed');
    expect(await shop.store.letters({ limit: 9 })).toMatchObject([
      { id: row.version, kind: 'run', run: row.id, step: 'build', attempts: 1, code: 'x' },
    ]);
  });

  test('is none where another run waits for it', async () => {
    const called = { ...flowOf(stepOf()), name: 'other' };
    const flow = flowOf(callOf('ask', 'other'));
    const findFlow = async (_: string, name: string): Promise<Flow> =>
      name === 'other' ? called : flow;
    const shop = await Workshop.started({ flow, act: async () => failed, findFlow });
    const id = await shop.begin();
    await shop.pass(10);
    await shop.reaches(id, 'failed');
    expect(await shop.store.letters({ limit: 9 })).toMatchObject([
      { run: id, code: 'call.failed' },
    ]);
  });
});

describe('a run whose flow limits its time', () => {
  const limited = (...steps: readonly Step[]): Flow => {
    return { ...flowOf(...steps), totalMs: 10_000 };
  };

  test('fails when a step goes on beyond it', async () => {
    const flow = limited(stepOf({ id: 'build', timeoutMs: 60_000 }));
    const act: Act = ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(failed));
      });
    const shop = await Workshop.started({ flow, act });
    const id = await shop.begin();
    await shop.pass(10_000);
    const row = await shop.reaches(id, 'failed');
    expect(row.reason).toContain('The run did not end within 10 s');
    expect(row.ended).toBe(row.started + 10_000);
  });

  test('fails while it sleeps', async () => {
    const { clock } = await Workshop.started({ flow: flowOf(stepOf()), act: async () => done });
    const until = clock.now() + 3_600_000;
    const flow = limited(stepOf({ id: 'nap' }));
    const shop = await Workshop.started({ flow, act: async () => ({ kind: 'wait', until }) });
    const id = await shop.begin();
    await shop.pass(10_000);
    const row = await shop.reaches(id, 'failed');
    expect(row.reason).toContain('within 10 s');
  });

  test('fails while its branches are under way, and they end with it', async () => {
    const flow = limited(parallelOf('both', stepOf({ id: 'a', timeoutMs: 60_000 })));
    const act: Act = ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(failed));
      });
    const shop = await Workshop.started({ flow, act });
    const id = await shop.begin();
    await shop.pass(20_000);
    const row = await shop.reaches(id, 'failed');
    expect(row.ended).toBe(row.started + 10_000);
    const [branch] = await shop.store.branches({ parent: id, limit: 9 });
    expect(branch?.ended).not.toBeNull();
  });

  test('is not tried again beyond it', async () => {
    const retry = { attempts: 9, delayMs: 6_000, factor: 1, delayMsMax: 6_000 };
    const flow = limited(stepOf({ retry }));
    const { calls, act } = scripted(refused);
    const shop = await Workshop.started({ flow, act });
    const id = await shop.begin();
    await shop.pass(30_000);
    const row = await shop.reaches(id, 'failed');
    expect(calls).toHaveLength(4);
    expect(row.ended ?? 0).toBeLessThan(row.started + 10_000);
    expect(row.reason).toContain('(last: not now)');
  });
});

describe('a step whose target is busy', () => {
  const busy = { kind: 'park', until: 1_767_225_600_000 + 60_000, reason: 'it is full' } as const;

  test('is called again then, as the same attempt', async () => {
    const { calls, act } = scripted(busy, busy, refused, done);
    const shop = await Workshop.started({ flow: flowOf(stepOf()), act });
    const id = await shop.begin();
    const row = await shop.reaches(id, 'waiting');
    expect(row).toMatchObject({ attempt: 0, due: busy.until, reason: 'it is full' });
    await shop.pass(120_000);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 2]);
  });

  test.each([
    ['again and again', () => false],
    ['then and is held meanwhile', (n: number) => n === 2],
  ])('and stays so %s fails when its whole time is over', async (_, isHeld) => {
    let calls = 0;
    const act: Act = async ({ now }) => {
      calls++;
      return { kind: 'park', until: now + 4_000, reason: 'it is full' };
    };
    const shop = await Workshop.started({ flow: flowOf(stepOf({ totalMs: 10_000 })), act });
    const id = await shop.begin();
    for (let n = 0; n < 3; n++) {
      if (isHeld(n)) await shop.runner.repair.pause(id, { by: 'ann', reason: null });
      await shop.pass(4_000);
      if (isHeld(n)) await shop.runner.repair.resume(id, { by: 'ann', reason: null });
    }
    const row = await shop.reaches(id, 'failed');
    expect(calls).toBe(3);
    expect(row.reason).toContain('its total timeout of 10 s');
  });

  test('fails where that would be beyond its whole time', async () => {
    const flow = flowOf(stepOf({ totalMs: 1_000 }));
    const shop = await Workshop.started({ flow, act: scripted(busy).act });
    const row = await shop.reaches(await shop.begin(), 'failed');
    expect(row.reason).toContain('it is full (not tried again: its total timeout of 1 s');
  });
});

test('a history without end fails its run, which says what to do', () => {
  expect(historyProblem({ records: 9_999, length: 0 })).toBeUndefined();
  expect(historyProblem({ records: 10_000, length: 0 })?.code).toBe('run.history_limit');
  const long = { records: 2, length: 33_554_432 };
  expect(historyProblem(long)?.message).toContain('"call" another flow with "detach: true"');
});

/** Holds where something is known of that step. */
function knows(step: string): Condition {
  const isKnown = (scope: Scope): boolean => Object.hasOwn(scope.get('steps') as object, step);
  return { text: `has(steps.${step})`, test: isKnown };
}

/** The same, and the last input of each step. */
function looking(act: Act): { readonly inputs: Map<string, Json>; readonly look: Act } {
  const inputs = new Map<string, Json>();
  const look: Act = (context) => {
    inputs.set(context.step, context.input);
    return act(context);
  };
  return { inputs, look };
}
