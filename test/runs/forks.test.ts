import { describe, expect, test } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import type { Json } from '../../src/std/json.ts';
import type { RunRow } from '../../src/store/contract.ts';
import { dyingAfter } from './dying.ts';
import { callOf, choiceOf, eachOf, flowOf, parallelOf, positive, stepOf } from './pieces.ts';
import { done, names, refused, scripted } from './scripted.ts';
import { type Act, Workshop } from './workshop.ts';

const failed = { kind: 'fail', error: refused.error } as const;

/** Gives back what it was given. */
const echo: Act = async ({ input }) => ({ kind: 'done', output: input });

async function branchesOf(shop: Workshop, id: number): Promise<RunRow[]> {
  return shop.store.branches({ parent: id, limit: 1_000 });
}

/** The output with which the run ended. */
async function outputOf(shop: Workshop, id: number): Promise<Json> {
  const last = (await shop.journal(id)).at(-1);
  return last?.type === 'run.succeeded' ? last.output : null;
}

describe('a run that does something for each item of a list', () => {
  const each = eachOf('all', [stepOf({ id: 'one', input: names('item') })]);

  test('does them one after the other, and goes on with what they gave', async () => {
    const flow = flowOf(each, stepOf({ id: 'last', input: names('output') }));
    const shop = await Workshop.started({ flow, act: echo });
    const id = await shop.begin('{"items":["a","b","c"]}');
    await shop.reaches(id, 'waiting');
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(await outputOf(shop, id)).toEqual(['a', 'b', 'c']);
    expect(await shop.types(id)).toEqual([
      'step.forked',
      'step.completed',
      'step.started',
      'run.succeeded',
    ]);
    const branches = await branchesOf(shop, id);
    expect(branches.map(({ branch, state }) => [branch, state])).toEqual([
      [0, 'succeeded'],
      [1, 'succeeded'],
      [2, 'succeeded'],
    ]);
    expect(await shop.store.runs({ limit: 9 })).toHaveLength(1);
  });

  test('gives each its own key, the same for every attempt', async () => {
    const { calls, act } = scripted(refused, done);
    const retry = { attempts: 2, delayMs: 1_000, factor: 2, delayMsMax: 60_000 };
    const flow = flowOf(eachOf('all', [stepOf({ id: 'one', retry })]));
    const shop = await Workshop.started({ flow, act });
    const id = await shop.begin('{"items":[1,2]}');
    await shop.pass(5_000);
    await shop.reaches(id, 'succeeded');
    const run = calls[0]?.run ?? '';
    const keys = calls.map(({ key, attempt }) => [key, attempt]);
    expect(keys).toEqual([
      [`${run}/all[0]/one`, 1],
      [`${run}/all[0]/one`, 2],
      [`${run}/all[1]/one`, 1],
    ]);
    expect(new Set(calls.map((call) => call.run)).size).toBe(1);
  });

  test('has so many of them under way at once as it says', async () => {
    const wide = eachOf('all', [stepOf({ id: 'one' })], { concurrency: 3 });
    const { act, calls, release } = heldAll();
    const shop = await Workshop.started({ flow: flowOf(wide), act, slots: 10 });
    const id = await shop.begin('{"items":[1,2,3,4,5]}');
    await shop.pass(10);
    expect(calls).toHaveLength(3);
    release();
    await shop.pass(10);
    expect(calls).toHaveLength(5);
    release();
    await shop.reaches(id, 'succeeded');
    expect(await outputOf(shop, id)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });

  test('has nothing to do where the list is empty', async () => {
    const shop = await Workshop.started({ flow: flowOf(each), act: echo });
    const id = await shop.begin('{"items":[]}');
    await shop.reaches(id, 'succeeded');
    expect(await outputOf(shop, id)).toEqual([]);
  });

  test.each([
    ['no list', '{"items":7}', 'The "each" of step "all" is a number and no list; give it a list.'],
    ['too long', JSON.stringify({ items: Array.from({ length: 10_001 }, () => 0) }), '10001 items'],
  ])('fails where it is %s', async (_, data, reason) => {
    const shop = await Workshop.started({ flow: flowOf(each), act: echo });
    const row = await shop.reaches(await shop.begin(data), 'failed');
    expect(row.reason).toContain(reason);
  });

  test('opens no more of them once one has failed', async () => {
    const { calls, act } = scripted(done, failed);
    const shop = await Workshop.started({ flow: flowOf(each), act });
    const row = await shop.reaches(await shop.begin('{"items":[1,2,3]}'), 'failed');
    expect(calls).toHaveLength(2);
    expect(row.reason).toBe('Branch 2 of step "all" failed: not now');
  });

  test('goes on without them where it says so', async () => {
    const { calls, act } = scripted(failed, done);
    const flow = flowOf(
      eachOf('all', [stepOf({ id: 'one' })], { onError: 'continue' }),
      stepOf({ id: 'last', input: names('steps') }),
    );
    const shop = await Workshop.started({ flow, act });
    const id = await shop.begin('{"items":[1,2]}');
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.at(-1)?.input).toMatchObject({ all: { error: { code: 'branch.failed' } } });
  });

  test('within each other', async () => {
    const inner = eachOf('inner', [stepOf({ id: 'one', input: [names('row'), names('item')] })], {
      items: names('row'),
    });
    const outer = eachOf('outer', [inner], { as: 'row' });
    const shop = await Workshop.started({ flow: flowOf(outer), act: echo });
    const id = await shop.begin('{"items":[["a"],["b","c"]]}');
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(await outputOf(shop, id)).toEqual([
      [[['a'], 'a']],
      [
        [['b', 'c'], 'b'],
        [['b', 'c'], 'c'],
      ],
    ]);
  });
});

describe('a run that does several things at once', () => {
  const forked = parallelOf(
    'both',
    stepOf({ id: 'left', output: 'l' }),
    choiceOf([stepOf({ id: 'right' }), stepOf({ id: 'more' })]),
  );
  const flow = flowOf(forked, stepOf({ id: 'last', input: [names('steps'), names('l')] }));

  test('and knows behind them what each gave', async () => {
    const { calls, act } = scripted(done);
    const shop = await Workshop.started({ flow, act });
    const id = await shop.begin('{"n":1}');
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step).toSorted()).toEqual(['last', 'left', 'more', 'right']);
    const [steps = {}, left] = (calls.at(-1)?.input ?? []) as [object?, Json?];
    expect(Object.keys(steps).toSorted()).toEqual(['both', 'left', 'more', 'right']);
    expect(left).toBe('ok');
  });

  test('of which one has nothing to do', async () => {
    const { calls, act } = scripted(done);
    const shop = await Workshop.started({ flow: flowOf(forked), act });
    const id = await shop.begin('{"n":0}');
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['left']);
    expect(await outputOf(shop, id)).toEqual(['ok', null]);
  });

  test('waits for a slot for these longer than it may for its own first', async () => {
    const plain = flowOf(parallelOf('both', stepOf({ id: 'left' }), stepOf({ id: 'right' })));
    const { act, calls, release } = heldAll();
    const options = { flow: { ...plain, queueMs: 100 }, act, slots: 1 };
    const shop = await Workshop.started(options);
    const id = await shop.begin();
    await shop.pass(500);
    expect(calls).toHaveLength(1);
    release();
    await shop.pass(10);
    release();
    await shop.reaches(id, 'succeeded');
    expect(calls).toHaveLength(2);
  });

  test('passed over where its condition says no', async () => {
    const guarded = { ...parallelOf('both', stepOf({ id: 'left' })), guard: positive };
    const { calls, act } = scripted(done);
    const shop = await Workshop.started({ flow: flowOf(guarded, stepOf({ id: 'last' })), act });
    await shop.reaches(await shop.begin('{"n":0}'), 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['last']);
    const id = await shop.begin('{"n":1}');
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['last', 'left', 'last']);
  });
});

describe('a run that calls another flow', () => {
  const called: Flow = {
    ...flowOf(stepOf({ id: 'deed', input: names('payload') })),
    name: 'other',
  };
  const findFlow = async (_: string, name: string): Promise<Flow | undefined> =>
    [called, calling].find((flow) => flow.name === name);
  const calling = flowOf(
    callOf('ask', 'other', { data: { text: 'hello' } }),
    stepOf({ id: 'last', input: names('output') }),
  );

  test('goes on with what that run gave', async () => {
    const shop = await Workshop.started({ flow: calling, act: echo, findFlow });
    const id = await shop.begin('{}');
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(await outputOf(shop, id)).toEqual({ text: 'hello' });
    const [child] = await branchesOf(shop, id);
    expect(child).toMatchObject({
      flow: 'other',
      branch: null,
      parent: id,
      state: 'succeeded',
      hops: 2,
    });
  });

  test('fails with it', async () => {
    const shop = await Workshop.started({ flow: calling, act: async () => failed, findFlow });
    const id = await shop.begin('{}');
    await shop.pass(10);
    const row = await shop.reaches(id, 'failed');
    expect(row.reason).toBe('The run of "other" that step "ask" called ended: not now');
  });

  test('does not wait for it where it says so', async () => {
    const flow = flowOf(callOf('ask', 'other', { detach: true }), stepOf({ id: 'last' }));
    const { calls, act } = scripted(done);
    const find = async (_: string, name: string): Promise<Flow> =>
      name === 'other' ? called : flow;
    const shop = await Workshop.started({ flow, act, findFlow: find, slots: 1 });
    const id = await shop.begin('{}');
    await shop.pass(10);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step)).toEqual(['last', 'deed']);
    expect((await branchesOf(shop, id))[0]).toMatchObject({ fork: null, state: 'succeeded' });
  });

  test('goes on behind it, also where it is the last thing that a branch does', async () => {
    const last = callOf('ask', 'other', { detach: true });
    const flow = flowOf(eachOf('all', [last]), stepOf({ id: 'end' }));
    const { calls, act } = scripted(done);
    const find = async (_: string, name: string): Promise<Flow> =>
      name === 'other' ? called : flow;
    const shop = await Workshop.started({ flow, act, findFlow: find });
    const id = await shop.begin('{"items":[1,2]}');
    await shop.pass(100);
    await shop.reaches(id, 'succeeded');
    expect(calls.map(({ step }) => step).toSorted()).toEqual(['deed', 'deed', 'end']);
  });

  test('that nobody knows', async () => {
    const flow = flowOf(callOf('ask', 'nobody'));
    const shop = await Workshop.started({ flow, act: echo, findFlow });
    const row = await shop.reaches(await shop.begin('{}'), 'failed');
    expect(row.reason).toBe('There is no flow "nobody" in the catalog of this run.');
  });
});

describe('a fork whose daemon dies', () => {
  test('at any moment is taken up where it stood, and no branch is done twice', async () => {
    const flow = flowOf(
      eachOf('all', [stepOf({ id: 'one', input: names('item') }), stepOf({ id: 'two' })], {
        concurrency: 2,
      }),
      stepOf({ id: 'last' }),
    );
    const keys: string[] = [];
    const act: Act = async ({ key, input }) => {
      keys.push(key);
      return { kind: 'done', output: input };
    };
    for (let appends = 0; appends <= 16; appends++) {
      keys.length = 0;
      const first = await Workshop.started({ flow, act, slots: 3, wrap: dyingAfter(appends) });
      const id = await first.begin('{"items":[1,2,3,4]}');
      await first.pass(20);
      const second = await first.reopen({ wrap: (store) => store });
      await second.runner.start();
      await second.pass(20);
      await second.reaches(id, 'succeeded');
      const rows = await branchesOf(second, id);
      expect(rows.map(({ branch, state }) => [branch, state])).toEqual(
        [0, 1, 2, 3].map((branch) => [branch, 'succeeded']),
      );
      const records = await second.store.read({ after: 0, limit: 1_000 });
      const ended = records.filter(({ type }) => type === 'branch.succeeded');
      expect(ended).toHaveLength(4);
      expect(new Set(keys).size).toBe(9);
    }
  });
});

/** Steps that end together, when the test says so. */
function heldAll(): { act: Act; calls: unknown[]; release: () => void } {
  const calls: unknown[] = [];
  let ends: (() => void)[] = [];
  return {
    calls,
    act: (context) => {
      calls.push(context);
      return new Promise((resolve) => ends.push(() => resolve(done)));
    },
    release: () => {
      for (const end of ends) end();
      ends = [];
    },
  };
}
