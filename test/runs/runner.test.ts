import { describe, expect, test } from 'vitest';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import type { Store } from '../../src/store/contract.ts';
import { flowOf, stepOf } from './pieces.ts';
import { type Act, Workshop, type WorkshopOptions } from './workshop.ts';

const done: StepResult = { kind: 'done', output: null };
const flow = flowOf(stepOf());
const SWEEP_MS = 5_000;

/** Steps that end when the test says so. */
function held(): {
  readonly act: Act;
  readonly calls: StepContext[];
  release: (run?: string) => void;
} {
  const calls: StepContext[] = [];
  const ends = new Map<string, () => void>();
  return {
    calls,
    act: (context) => {
      calls.push(context);
      return new Promise((resolve) => ends.set(context.run, () => resolve(done)));
    },
    release: (run) => {
      for (const [name, end] of ends) if (run === undefined || run === name) end();
    },
  };
}

/** A store whose answers to one question are counted. */
function counting(question: 'claimable' | 'readStream'): {
  readonly wrap: (store: Store) => Store;
  asked: number;
} {
  const counter = { asked: 0, wrap: (store: Store) => proxy(store) };
  const proxy = (store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        if (name === question) counter.asked++;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
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
    shop.runner.queued();
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

  test('have no more of them than there are, and their turn in the order of their coming', async () => {
    const { act, calls, release } = held();
    const shop = await open({ act, slots: 2 });
    const ids = [await shop.queue(), await shop.queue(), await shop.queue(), await shop.queue()];
    await shop.runner.start();
    await shop.until(() => calls.length === 2);
    await shop.settle();
    expect(shop.runner.slots).toMatchObject({ taken: 2, free: 0, backlog: true });
    expect(calls).toHaveLength(2);
    release(calls[1]?.run);
    await shop.until(() => calls.length === 3);
    release();
    await shop.until(() => calls.length === 4);
    release();
    for (const id of ids) await shop.reaches(id, 'succeeded');
    expect(calls.map(({ run }) => Number(run.split('-').at(-1)))).toEqual(ids);
    await shop.settle();
    expect(shop.runner.slots).toMatchObject({ taken: 0, backlog: false });
  });

  test('cost next to nothing while there is none', async () => {
    const { act, calls } = held();
    const counter = counting('claimable');
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
    expect(shop.runner.slots.taken).toBe(0);
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

describe('what a session left behind', () => {
  test('by dying is begun again, and the death is charged', async () => {
    const { act, calls } = held();
    const first = await open({ act });
    const id = await first.begin();
    await first.until(() => calls.length === 1);
    const shop = await first.reopen({ act: async () => done });
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    expect(await shop.journal(id)).toMatchObject([
      { type: 'step.started', attempt: 2, crashes: 1, epoch: 2 },
      { type: 'run.succeeded' },
    ]);
  });

  test('by stopping is begun again, and nothing is charged', async () => {
    const { act, calls } = held();
    const first = await open({ act });
    const id = await first.begin();
    await first.until(() => calls.length === 1);
    const stopped = first.runner.stop();
    await first.pass(20_000);
    await stopped;
    await first.store.close({ clean: true });
    const shop = await first.reopen({ act: async () => done });
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    expect(await shop.journal(id)).toMatchObject([
      { type: 'step.started', attempt: 1, crashes: 0, epoch: 2 },
      { type: 'run.succeeded' },
    ]);
  });

  test('is set aside after three deaths, and the others are done', async () => {
    const deadly: Act = ({ event: { data } }) =>
      data === 'poison' ? new Promise(() => {}) : Promise.resolve(done);
    let shop = await open({ act: deadly });
    const poison = await shop.begin('"poison"');
    await shop.settle();
    const good: number[] = [];
    for (let death = 1; death <= 3; death++) {
      good.push(await shop.queue());
      shop = await shop.reopen();
      await shop.runner.start();
      await shop.pass(2_000);
    }
    expect(await shop.row(poison)).toMatchObject({
      state: 'failed',
      attempt: 3,
      reason: expect.stringContaining('The daemon died 3 times while step "build" was under way'),
    });
    for (const id of good) expect(await shop.row(id)).toMatchObject({ state: 'succeeded' });
  });

  test('is never set aside where its kind cannot take the daemon down', async () => {
    const { act } = held();
    let shop = await open({ act, contained: true });
    const id = await shop.begin();
    await shop.settle();
    for (let death = 1; death <= 5; death++) {
      shop = await shop.reopen();
      await shop.runner.start();
      await shop.pass(2_000);
    }
    expect(await shop.row(id)).toMatchObject({ state: 'running', crashes: 5, attempt: 6 });
  });
});

describe('a session that another one has taken over from', () => {
  test('cannot write: what its step gave is told and thrown away', async () => {
    const { act, calls, release } = held();
    const zombie = await open({ act, flow: flowOf(stepOf(), stepOf({ id: 'send' })) });
    const id = await zombie.begin();
    await zombie.until(() => calls.length === 1);
    const shop = await zombie.reopen({ act: async () => ({ kind: 'done', output: 'ours' }) });
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    release();
    await zombie.until(() => zombie.lines.some(({ level }) => level === 'warn'));
    expect(zombie.lines.at(-1)).toMatchObject({
      message: 'a late result was not recorded',
      fields: { because: 'stale' },
    });
    expect(calls).toHaveLength(1);
    expect(await shop.journal(id)).toMatchObject([
      { type: 'step.started', epoch: 2 },
      { type: 'step.completed', output: 'ours' },
      { type: 'run.succeeded', output: 'ours' },
    ]);
    expect(await shop.store.verify({ progress: () => {}, deep: false })).toMatchObject({
      firstBad: null,
    });
  });
});

describe('suspects', () => {
  /** A log with runs under way that have seen the daemon die so often. */
  async function suspects(count: number, deaths: number): Promise<Workshop> {
    let shop = await open({ act: () => new Promise(() => {}), slots: 8 });
    for (let n = 0; n < count; n++) await shop.begin();
    await shop.settle();
    for (let death = 0; death < deaths; death++) {
      shop = await shop.reopen();
      await shop.runner.start();
      await shop.settle();
    }
    return shop;
  }

  test('are begun one by one, a second apart, and others only after them', async () => {
    const before = await suspects(3, 1);
    const queued = await before.queue();
    const { act, calls } = held();
    const shop = await before.reopen({ act });
    await shop.runner.start();
    shop.runner.queued();
    await shop.settle();
    expect(calls).toHaveLength(1);
    await shop.pass(999);
    expect(calls).toHaveLength(1);
    await shop.pass(1);
    expect(calls).toHaveLength(2);
    await shop.pass(1_000);
    expect(calls).toHaveLength(3);
    expect(await shop.row(queued)).toMatchObject({ state: 'queued' });
    await shop.pass(1_000);
    expect(calls).toHaveLength(4);
  });

  test('follow at once where the one before them ends', async () => {
    const before = await suspects(3, 1);
    const shop = await before.reopen({ act: async () => done });
    await shop.runner.start();
    await shop.settle();
    expect(await shop.store.openRuns()).toEqual({ queued: 0, running: 0, waiting: 0 });
    expect(shop.clock.untilNext()).toBe(SWEEP_MS);
  });

  test('have no more slots than there are', async () => {
    const before = await suspects(3, 1);
    const { act, calls, release } = held();
    const shop = await before.reopen({ act, slots: 1 });
    await shop.runner.start();
    await shop.pass(3_000);
    expect(calls).toHaveLength(1);
    release();
    await shop.settle();
    expect(calls).toHaveLength(2);
    const stopped = shop.runner.stop();
    release();
    await shop.pass(20_000);
    await stopped;
    expect(calls).toHaveLength(2);
  });

  test('are none where the daemon stopped in order, or the flow is not known', async () => {
    const before = await suspects(2, 1);
    await before.store.close({ clean: true });
    const { act, calls } = held();
    const stopped = await before.reopen({ act });
    await stopped.runner.start();
    await stopped.settle();
    expect(calls).toHaveLength(2);
    const shop = await stopped.reopen({
      findFlow: async () => {
        throw new Error('cannot be parsed');
      },
    });
    await shop.runner.start();
    await shop.settle();
    expect(shop.lines.map(({ message }) => message)).toEqual([
      'a run could not be taken over',
      'a run could not be taken over',
    ]);
  });
});

describe('a store that fails', () => {
  /** Fails so many questions of one name. */
  function failing(name: keyof Store, times: number): (store: Store) => Store {
    let left = times;
    return (store) =>
      new Proxy(store, {
        get(target, property) {
          const value: unknown = Reflect.get(target, property, target);
          if (typeof value !== 'function') return value;
          if (property !== name || left-- <= 0) return value.bind(target);
          return () => Promise.reject(new Error('no answer'));
        },
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

  test('as it looks for suspects is asked for the others all the same', async () => {
    const first = await open({ act: () => new Promise(() => {}) });
    const id = await first.begin();
    await first.settle();
    const shop = await first.reopen({ act: async () => done, wrap: failing('claimable', 1) });
    await shop.runner.start();
    await shop.reaches(id, 'succeeded');
    expect(shop.lines[0]?.message).toBe('looking for interrupted runs failed');
  });

  test('leaves a new run to the next session', async () => {
    const shop = await open({ wrap: failing('append', 1) });
    const id = await shop.begin();
    await shop.settle();
    expect(shop.lines.at(-1)).toMatchObject({
      message: 'a run was left to the next session',
      fields: { error: 'no answer' },
    });
    expect(shop.runner.slots.taken).toBe(0);
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
    shop.runner.queued();
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
