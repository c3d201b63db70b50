import { describe, expect, test } from 'vitest';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import { seededRandom } from '../../src/std/random.ts';
import type { Store } from '../../src/store/contract.ts';
import { eachOf, flowOf, parallelOf, stepOf } from './pieces.ts';
import { ann, branchesOf, codeOf, differences } from './repairing.ts';
import { done, lost, names } from './scripted.ts';
import { type Act, Workshop } from './workshop.ts';

const one = { limit: 1, onFull: 'queue' } as const;

/** Steps that end when the test says so, and not when they are told to. */
function stubborn(): { act: Act; calls: StepContext[]; told: number[]; end: (n: number) => void } {
  const calls: StepContext[] = [];
  const told: number[] = [];
  const ends: ((result: StepResult) => void)[] = [];
  return {
    calls,
    told,
    act: (context) => {
      const n = calls.push(context) - 1;
      context.signal.addEventListener('abort', () => told.push(n));
      return new Promise((resolve) => ends.push(resolve));
    },
    end: (n) => ends[n]?.(lost),
  };
}

describe('forks inside forks', () => {
  const inner = eachOf('inner', [stepOf({ id: 'one' })], { items: names('row'), concurrency: 2 });
  const flow = flowOf(eachOf('outer', [inner], { as: 'row', concurrency: 3 }), stepOf({ id: 'z' }));
  const rows = JSON.stringify({
    items: Array.from('abcdefgh', (name) => [`${name}1`, `${name}2`]),
  });

  test('do each of their items once, in whatever order the steps end', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed);
      const keys: string[] = [];
      const shop: Workshop = await Workshop.started({
        flow,
        slots: 1 + (seed % 5),
        act: ({ key }) => {
          keys.push(key);
          const lasts = 1 + Math.floor(random() * 500);
          return new Promise((resolve) => shop.clock.schedule(lasts, () => resolve(done)));
        },
      });
      const id = await shop.begin(rows);
      await shop.pass(60_000);
      expect(await shop.row(id), `seed ${seed}`).toMatchObject({ state: 'succeeded' });
      expect(new Set(keys).size, `seed ${seed}`).toBe(17);
      expect(keys, `seed ${seed}`).toHaveLength(17);
      expect(await branchesOf(shop, id)).toHaveLength(8);
      expect(shop.runner.lanes.taken).toBe(0);
    }
  });
});

describe('a run that is taken up anew while its old step still ends', () => {
  test('keeps its slot and its place in our hands', async () => {
    const { act, calls, told, end } = stubborn();
    const shop = await Workshop.started({ flow: { ...flowOf(stepOf()), concurrency: one }, act });
    const { lanes, repair } = shop.runner;
    const id = await shop.begin();
    await shop.settle();
    expect(codeOf(await repair.cancel(id, ann))).toBe('done');
    expect(codeOf(await repair.retry(id, ann))).toBe('done');
    await shop.pass(6_000);
    expect(calls).toHaveLength(2);
    end(0);
    await shop.settle();
    expect(lanes.taken).toBe(1);
    expect(codeOf(await repair.pause(id, ann))).toBe('pending');
    expect(codeOf(await repair.cancel(id, ann))).toBe('done');
    expect(told).toEqual([0, 1]);
    end(1);
    await shop.runner.stop();
    expect(await differences(shop)).toEqual([]);
  });

  test('is not disturbed by a branch of it that is slow to end', async () => {
    const { act, calls, end } = stubborn();
    const both = parallelOf('both', stepOf({ id: 'a' }), stepOf({ id: 'b' }));
    const onFailure = [stepOf({ id: 'undo' })];
    const flow = { ...flowOf(both), totalMs: 10_000, concurrency: one, onFailure };
    const shop = await Workshop.started({ flow, act });
    const id = await shop.begin();
    await shop.pass(10_500);
    end(1);
    await shop.pass(10);
    const second = await shop.queue();
    shop.runner.sweep();
    await shop.pass(6_000);
    end(0);
    await shop.pass(6_000);
    expect(calls.map(({ step }) => step)).toEqual(['a', 'b', 'undo']);
    expect(await shop.row(id)).toMatchObject({ state: 'running', at: 'failure.0' });
    expect(await shop.row(second)).toMatchObject({ state: 'queued' });
    expect(shop.runner.lanes.taken).toBe(1);
  });
});

/** A store that holds back one reading of the stream of a run that has just been resumed. */
function slowToRead(): { wrap: (store: Store) => Store; go: () => void } {
  let isNext = false;
  let isDone = false;
  let go = (): void => {};
  const wrap = (store: Store): Store => {
    const append: Store['append'] = async (unit) => {
      const result = await store.append(unit);
      isNext ||= unit.writes.some(({ record }) => record.type === 'run.resumed');
      return result;
    };
    const readStream: Store['readStream'] = async (id) => {
      const records = await store.readStream(id);
      if (!isNext || isDone) return records;
      isDone = true;
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return records;
    };
    return new Proxy(store, {
      get(target, name) {
        if (name === 'append') return append;
        if (name === 'readStream') return readStream;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return { wrap, go: () => go() };
}

test('a run at a fork that is paused while it is taken up stays paused', async () => {
  const { wrap, go } = slowToRead();
  const flow = flowOf(parallelOf('both', stepOf({ id: 'a' }), stepOf({ id: 'b' })));
  const shop: Workshop = await Workshop.started({
    flow,
    wrap,
    act: () =>
      new Promise((resolve) => {
        shop.clock.schedule(20_000, () => resolve(done));
      }),
  });
  const { repair } = shop.runner;
  const id = await shop.begin();
  await shop.settle();
  await repair.pause(id, ann);
  await shop.settle();
  await repair.resume(id, ann);
  await shop.settle();
  expect(codeOf(await repair.pause(id, ann))).toBe('done');
  await shop.settle();
  go();
  await shop.pass(60_000);
  expect(await shop.row(id)).toMatchObject({ state: 'paused' });
  await repair.resume(id, ann);
  await shop.pass(60_000);
  expect(await shop.row(id)).toMatchObject({ state: 'succeeded' });
});
