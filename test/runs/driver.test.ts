import { describe, expect, test } from 'vitest';
import type { Effect, Flow } from '../../src/flows/flow.ts';
import type { Template } from '../../src/flows/template.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import { SignalboxError } from '../../src/std/errors.ts';
import { seededRandom } from '../../src/std/random.ts';
import type { ClaimQuery, RunRow, Store, Unit } from '../../src/store/contract.ts';
import { toEvent } from '../../src/store/record.ts';
import { flowOf, stepOf } from './pieces.ts';
import { Workshop } from './workshop.ts';

const done: StepResult = { kind: 'done', output: 'ok' };
const refused: StepResult = {
  kind: 'retry',
  error: { code: 'x', message: 'not now', happened: 'no' },
};
const lost: StepResult = {
  kind: 'retry',
  error: { code: 'x', message: 'no answer', happened: 'maybe' },
};
const denied: StepResult = {
  kind: 'fail',
  error: { code: 'x', message: 'not there', happened: 'no', answered: true },
};
const retry = { attempts: 3, delayMs: 1_000, factor: 2, delayMsMax: 60_000 };

/** A step's answers, one after the other, and what it was called with. */
function scripted(...results: readonly StepResult[]): {
  readonly calls: StepContext[];
  readonly act: (context: StepContext) => Promise<StepResult>;
} {
  const calls: StepContext[] = [];
  return {
    calls,
    act: async (context) => {
      const result = results[Math.min(calls.length, results.length - 1)] ?? done;
      calls.push({ ...context, signal: context.signal });
      return result;
    },
  };
}

function names(name: string): Template {
  return { kind: 'template', text: `{${name}}`, render: (scope) => scope.get(name) ?? null };
}

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
    expect(shop.runner.slots.taken).toBe(0);
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
    expect(calls).toMatchObject([
      { ...common, step: 'one', key: `${run}/one` },
      { ...common, step: 'two', key: `${run}/two` },
      { ...common, step: 'three', key: `${run}/three`, now: shop.clock.now() },
    ]);
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
      const { due } = await shop.reaches(id, 'queued');
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
    await shop.reaches(id, 'queued');
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
    await shop.reaches(id, 'queued');
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
    await shop.reaches(id, 'queued');
    await shop.pass(1_000);
    expect(await shop.reaches(id, 'waiting')).toMatchObject({ due: null, attempt: 2 });
  });

  test('is asked about with nothing where it says no more', async () => {
    const { calls, act } = scripted(lost, done);
    const shop = await Workshop.open({ flow: flowOf(stepOf({ retry, effect: 'verify' })), act });
    await shop.runner.start();
    const id = await shop.begin();
    await shop.reaches(id, 'queued');
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
    expect(first.runner.slots.taken).toBe(0);

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

describe('what a step emits', () => {
  const emits = [
    { type: 'built', subject: 'app', data: { n: 1 } },
    { type: 'tested', data: null },
  ];
  const flow = flowOf(stepOf(), stepOf({ id: 'send' }));

  test('is recorded in one unit with its completion', async () => {
    const { act } = scripted({ kind: 'done', output: 'ok', emits }, done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    await shop.reaches(id, 'succeeded');
    const records = await shop.store.read({ after: id, limit: 10 });
    expect(records).toMatchObject([
      { type: 'built', source: 'flow:deploy', subject: 'app', data: '{"n":1}', stream: null },
      { type: 'tested', source: 'flow:deploy', subject: null, data: 'null', stream: null },
      { type: 'step.completed', stream: id, prev: id },
      { type: 'run.succeeded', stream: id, prev: id + 3 },
    ]);
    for (const record of records) {
      expect(record).toMatchObject({
        causation: id,
        correlation: 'root',
        hops: 1,
        attributes: null,
      });
    }
  });

  test('is not recorded where the run is no longer ours', async () => {
    const shop = await Workshop.open({
      flow,
      act: async ({ run }) => {
        await takeOver(shop.store, Number(run.split('-').at(-1)));
        return { kind: 'done', output: 'late', emits };
      },
    });
    const id = await shop.begin();
    await shop.until(() => shop.lines.some(({ level }) => level === 'warn'));
    expect(shop.lines.at(-1)).toMatchObject({
      message: 'a late result was not recorded',
      fields: { because: 'stale' },
    });
    expect(await shop.types(id)).toEqual(['step.started']);
    expect(await shop.store.read({ after: id, limit: 10, type: 'built' })).toEqual([]);
  });

  test('goes on untrusted where the event was', async () => {
    const { act } = scripted({ kind: 'done', output: 'ok', emits }, done);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin('{}', '{"trust":"untrusted","actor":"someone"}');
    await shop.reaches(id, 'succeeded');
    const [built] = await shop.store.read({ after: id, limit: 10, type: 'built' });
    expect(built?.attributes).toBe('{"trust":"untrusted"}');
  });

  test.each<readonly [string, object, string]>([
    ['is of our own types', { type: 'run.started', data: 1 }, 'may not be "run.started"'],
    ['is no JSON', { type: 'built', data: undefined }, 'its data is no JSON'],
    ['is beyond JSON', { type: 'built', data: 1n }, 'its data is no JSON'],
    ['is too large', { type: 'built', data: 'x'.repeat(1_048_576) }, 'has 1048578 characters'],
    [
      'names half a character',
      { type: 'built', subject: '\ud800', data: 1 },
      'half of a character',
    ],
  ])('fails the step where it %s', async (_, emission, reason) => {
    const result = { kind: 'done', output: 'ok', emits: [emits[0], emission] } as StepResult;
    const { act } = scripted(result);
    const shop = await Workshop.open({ flow, act });
    const id = await shop.begin();
    const row = await shop.reaches(id, 'failed');
    expect(row.reason).toContain(reason);
    expect(await shop.store.read({ after: id, limit: 10, type: 'built' })).toEqual([]);
  });
});

describe('a run that is taken over', () => {
  test('knows what the steps before gave', async () => {
    const flow = flowOf(
      stepOf({ id: 'one' }),
      stepOf({ id: 'two' }),
      stepOf({ id: 'three', input: [names('output'), names('steps')] }),
    );
    const { act: first } = scripted({ kind: 'done', output: 1 }, { kind: 'done', output: 2 });
    const before = await Workshop.open({
      flow,
      act: (context) => (context.step === 'three' ? new Promise(() => {}) : first(context)),
    });
    const id = await before.begin();
    await before.settle();
    const { calls, act } = scripted(done);
    const shop = await before.reopen({ act });
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    const steps = { one: { output: 1 }, two: { output: 2 } };
    expect(calls.map(({ input }) => input)).toEqual([[2, steps]]);
  });

  test('is left alone where somebody else was quicker', async () => {
    const { calls, act } = scripted(done);
    const stale: RunRow[] = [];
    const shop = await Workshop.open({
      flow: flowOf(stepOf()),
      act,
      wrap: (store) =>
        withMethod(store, 'claimable', async (query: ClaimQuery) => {
          const rows = await store.claimable(query);
          stale.push(...rows);
          return query.limit === 1 ? rows : stale;
        }),
    });
    const id = await shop.queue();
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    await shop.pass(5_000);
    expect(calls).toHaveLength(1);
    expect(shop.lines.at(-1)).toMatchObject({ level: 'warn', fields: { because: 'stale' } });
  });
});

describe('a disk that is full', () => {
  /** A store whose disk is full for so many appends. */
  function filling(times: number): {
    readonly wrap: (store: Store) => Store;
    readonly tries: () => number;
  } {
    let tries = 0;
    const wrap = (store: Store): Store =>
      withMethod(store, 'append', async (unit: Unit) => {
        return ++tries <= times ? { kind: 'full' } : store.append(unit);
      });
    return { wrap, tries: () => tries };
  }

  test('holds up what must be recorded, and loses nothing', async () => {
    const { calls, act } = scripted({
      kind: 'done',
      output: 'ok',
      emits: [{ type: 'built', data: 1 }],
    });
    const { wrap, tries } = filling(4);
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act, wrap });
    const id = await shop.begin();
    for (let n = 1; n <= 4; n++) {
      await shop.until(() => tries() === n && shop.clock.untilNext() === 500);
      shop.clock.advance(500);
    }
    const row = await shop.reaches(id, 'succeeded');
    expect(calls).toHaveLength(1);
    expect(row.ended).toBe(shop.clock.now());
    const records = await shop.store.read({ after: id, limit: 10 });
    expect(records.map(({ type, received }) => [type, received])).toEqual([
      ['built', shop.clock.now()],
      ['run.succeeded', shop.clock.now()],
    ]);
  });

  test('does not hold up a stop', async () => {
    const { wrap, tries } = filling(Number.POSITIVE_INFINITY);
    const shop = await Workshop.open({ flow: flowOf(stepOf()), act: async () => done, wrap });
    const id = await shop.begin();
    await shop.until(() => tries() === 1);
    const stopped = shop.runner.stop();
    shop.clock.advance(1_000);
    await stopped;
    expect(shop.lines.at(-1)).toMatchObject({ fields: { because: 'full' } });
    expect(await shop.types(id)).toEqual([]);
  });
});

describe('when the daemon stops', () => {
  test.each<Effect>(['idempotent', 'ask'])('no further step is begun: %s', async (effect) => {
    let release: () => void = () => {};
    const flow = flowOf(stepOf(), stepOf({ id: 'send', effect }));
    const { calls, act } = scripted(done);
    const shop = await Workshop.open({
      flow,
      act: async (context) => {
        const result = act(context);
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return result;
      },
    });
    const id = await shop.begin();
    await shop.until(() => calls.length === 1);
    const stopped = shop.runner.stop();
    shop.clock.advance(1_000);
    release();
    await stopped;
    expect(await shop.types(id)).toEqual(['step.completed']);
    expect(calls).toHaveLength(1);
  });

  test('nobody acts on an answer that came after it', async () => {
    let answer: (result: StepResult) => void = () => {};
    const shop = await Workshop.open({
      flow: flowOf(stepOf({ retry, effect: 'verify', verify: 'did it?' })),
      act: ({ input }) =>
        input === 'did it?' ? new Promise((resolve) => (answer = resolve)) : Promise.resolve(lost),
    });
    await shop.runner.start();
    const id = await shop.begin();
    await shop.reaches(id, 'queued');
    await shop.pass(1_000);
    const stopped = shop.runner.stop();
    await shop.pass(1_000);
    answer(done);
    await stopped;
    expect(await shop.types(id)).toEqual(['step.started', 'step.retrying', 'step.started']);
  });

  test.each<StepResult>([refused, lost, denied, { kind: 'wait', until: 5 }])(
    'what a step did not finish is left as it was: %j',
    async (result) => {
      const shop = await Workshop.open({
        flow: flowOf(stepOf({ effect: 'ask' })),
        act: ({ signal }) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve(result))),
      });
      const id = await shop.begin();
      await shop.reaches(id, 'running');
      await shop.settle();
      const stopped = shop.runner.stop();
      await shop.pass(1_000);
      await stopped;
      expect(await shop.types(id)).toEqual(['step.started']);
    },
  );
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

/** The store with one of its methods replaced. */
function withMethod<Name extends 'append' | 'claimable'>(
  store: Store,
  method: Name,
  replacement: Store[Name],
): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === method) return replacement;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** What another session would do to the run. */
async function takeOver(store: Store, id: number): Promise<void> {
  const row = await store.run(id);
  if (row === undefined) throw new Error(`there is no run ${id}`);
  const { version, epoch } = row;
  const record = {
    type: 'step.started',
    version: 1,
    source: null,
    id: null,
    subject: null,
    received: row.started,
    correlation: null,
    causation: null,
    hops: 0,
    attributes: null,
    data: '{"at":"0","step":"build","attempt":2,"epoch":9,"crashes":0}',
  };
  const expected = { expectedVersion: version, expectedEpoch: epoch };
  const taken = { ...row, epoch: 9 };
  await store.append({ writes: [{ kind: 'advance', run: id, ...expected, record, row: taken }] });
}
