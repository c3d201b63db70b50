import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { flowOf, stepOf } from './pieces.ts';
import { done, held } from './scripted.ts';
import { type Act, Workshop, type WorkshopOptions } from './workshop.ts';

const flow = flowOf(stepOf());
const SWEEP_MS = 5_000;

/** A store that counts how often it is asked for runs to take. */
function counting(): { readonly wrap: (store: Store) => Store; asked: number } {
  const counter = {
    asked: 0,
    wrap: (store: Store) => {
      return alteredStore(store, {
        claimable: (query) => {
          counter.asked++;
          return store.claimable(query);
        },
      });
    },
  };
  return counter;
}

async function open(options: Partial<WorkshopOptions> = {}): Promise<Workshop> {
  return Workshop.open({ flow, act: async () => done, ...options });
}

describe('runs that wait for a slot', () => {
  test('are begun when somebody says that they are there', async () => {
    const shop = await open();
    await shop.runner.start();
    await shop.settle();
    const id = await shop.queue();
    shop.runner.sweep();
    await shop.reaches(id, 'succeeded');
    expect(await shop.types(id)).toEqual(['step.started', 'run.succeeded']);
  });

  test('are found even where nobody says so', async () => {
    const shop = await open();
    await shop.runner.start();
    await shop.settle();
    const id = await shop.queue();
    await shop.pass(SWEEP_MS);
    expect(await shop.row(id)).toMatchObject({ state: 'succeeded', attempt: 1 });
  });

  test('have no more of them than there are, in the order of their coming', async () => {
    const { act, calls, release } = held();
    const shop = await open({ act, slots: 2 });
    const ids = [await shop.queue(), await shop.queue(), await shop.queue(), await shop.queue()];
    await shop.runner.start();
    await shop.until(() => calls.length === 2);
    await shop.settle();
    expect(shop.runner.lanes).toMatchObject({ taken: 2, free: 0, waits: true });
    expect(calls).toHaveLength(2);
    release(calls[1]?.run);
    await shop.until(() => calls.length === 3);
    release();
    await shop.until(() => calls.length === 4);
    release();
    for (const id of ids) await shop.reaches(id, 'succeeded');
    expect(calls.map(({ run }) => Number(run.split('-').at(-1)))).toEqual(ids);
    await shop.settle();
    expect(shop.runner.lanes).toMatchObject({ taken: 0, waits: false });
  });

  test('cost next to nothing while there is none', async () => {
    const { act, calls } = held();
    const counter = counting();
    const shop = await open({ act, slots: 1, wrap: counter.wrap });
    for (let n = 0; n < 3; n++) await shop.queue();
    await shop.runner.start();
    await shop.until(() => calls.length === 1);
    await shop.settle();
    counter.asked = 0;
    await shop.pass(60_000);
    expect(counter.asked).toBeLessThanOrEqual((2 * 60_000) / SWEEP_MS);
  });

  test('come many at a time', async () => {
    const shop = await open({ slots: 2_000 });
    const ids: number[] = [];
    for (let n = 0; n < 1_100; n++) ids.push(await shop.queue());
    await shop.runner.start();
    for (const id of ids) await shop.reaches(id, 'succeeded');
    await shop.settle();
    expect(shop.runner.lanes.taken).toBe(0);
  });
});

describe('a run that nobody can take over', () => {
  test('is told of now and then, and keeps nobody waiting', async () => {
    const good = await open();
    const lostIds = [await good.queue(), await good.queue(), await good.queue()];
    let known = false;
    const shop = await good.reopen({ slots: 2, findFlow: async () => (known ? flow : undefined) });
    await shop.runner.start();
    await shop.settle();
    expect(shop.lines).toHaveLength(3);
    expect(shop.lines[0]).toMatchObject({
      level: 'error',
      message: 'a run could not be taken over',
      fields: { run: lostIds[0], error: expect.stringContaining('the catalog c1') },
    });
    await shop.pass(29_000);
    expect(shop.lines).toHaveLength(3);
    known = true;
    await shop.pass(10_000);
    for (const id of lostIds) await shop.reaches(id, 'succeeded');
  });

  test('does not stand in the way of others that are due later', async () => {
    const shop = await Workshop.open({
      flow,
      act: async () => done,
      slots: 1,
      findFlow: async () => {
        if (finds++ < 2) throw new Error('cannot be parsed');
        return flow;
      },
    });
    let finds = 0;
    const ids = [await shop.queue(), await shop.queue(), await shop.queue()];
    await shop.runner.start();
    await shop.reaches(ids[2] ?? 0, 'succeeded');
    expect(await shop.row(ids[0] ?? 0)).toMatchObject({ state: 'queued' });
  });
});

describe('runs whose time comes', () => {
  test('are found at their time, though something else is stuck', async () => {
    const waits: Act = async ({ now, run }) =>
      run.endsWith('-4') ? { kind: 'wait', until: now + 700 } : new Promise(() => {});
    const shop = await open({ act: waits, slots: 2 });
    await shop.runner.start();
    await shop.begin();
    const id = await shop.begin();
    expect(id).toBe(4);
    await shop.reaches(id, 'waiting');
    await shop.pass(699);
    expect(await shop.row(id)).toMatchObject({ state: 'waiting' });
    await shop.pass(1);
    await shop.reaches(id, 'succeeded');
  });

  test('wait for a slot where none is free', async () => {
    const { act, calls, release } = held();
    const first = await open({ act: async ({ now }) => ({ kind: 'wait', until: now + 100 }) });
    const id = await first.begin();
    await first.reaches(id, 'waiting');
    const shop = await first.reopen({ act, slots: 1 });
    await shop.runner.start();
    await shop.begin();
    await shop.until(() => calls.length === 1);
    await shop.pass(100);
    expect(await shop.row(id)).toMatchObject({ state: 'waiting' });
    release();
    await shop.reaches(id, 'succeeded');
  });
});

describe('a store that fails', () => {
  /** Fails so many times. */
  function failing(name: 'claimable' | 'append' | 'lanes', times: number): (store: Store) => Store {
    let left = times;
    const failure = new Error('no answer');
    return (store) =>
      alteredStore(store, {
        [name]: (question: never) => (left-- > 0 ? Promise.reject(failure) : store[name](question)),
      });
  }

  test('is asked again later', async () => {
    const shop = await open({ wrap: failing('claimable', 2) });
    const id = await shop.queue();
    await shop.runner.start();
    await shop.pass(SWEEP_MS);
    expect(await shop.row(id)).toMatchObject({ state: 'queued' });
    const failure = { level: 'error', message: 'looking for due runs failed' };
    expect(shop.lines).toMatchObject([failure, failure]);
    await shop.pass(SWEEP_MS);
    await shop.reaches(id, 'succeeded');
  });

  test('as it says what is open does not let the runner start', async () => {
    const shop = await open({ wrap: failing('lanes', 1) });
    await expect(shop.runner.start()).rejects.toThrow('no answer');
  });

  test('leaves a new run to the next session', async () => {
    const shop = await open({ wrap: failing('append', 1) });
    const id = await shop.begin();
    await shop.settle();
    expect(shop.lines.at(-1)).toMatchObject({
      message: 'a run was left to the next session',
      fields: { error: 'no answer' },
    });
    expect(shop.runner.lanes.taken).toBe(0);
    const next = await shop.reopen({ wrap: (store) => store });
    await next.runner.start();
    await next.reaches(id, 'succeeded');
  });
});

describe('a stop', () => {
  test('is safe before a start, and twice', async () => {
    const shop = await open();
    await Promise.all([shop.runner.stop(), shop.runner.stop()]);
    await shop.runner.stop();
    expect(shop.clock.untilNext()).toBeUndefined();
  });

  test('lets what is under way end, and takes nothing more', async () => {
    const { act, calls, release } = held();
    const shop = await open({ act, slots: 1 });
    const [first, second] = [await shop.queue(), await shop.queue()];
    await shop.runner.start();
    await shop.until(() => calls.length === 1);
    const stopped = shop.runner.stop();
    release();
    await stopped;
    expect((await shop.row(first)).state).toBe('succeeded');
    expect((await shop.row(second)).state).toBe('queued');
    shop.runner.sweep();
    await shop.settle();
    expect(calls).toHaveLength(1);
    expect(shop.clock.untilNext()).toBeUndefined();
  });

  test('says nothing of what it cut short', async () => {
    const shop = await open({ findFlow: () => new Promise((_, reject) => (fail = reject)) });
    let fail: (error: Error) => void = () => {};
    await shop.queue();
    await shop.runner.start();
    await shop.settle();
    const stopped = shop.runner.stop();
    fail(new Error('closed'));
    await stopped;
    expect(shop.lines).toEqual([]);
  });
});
