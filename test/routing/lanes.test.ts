import { describe, expect, test } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import { Pauses } from '../../src/runs/pauses.ts';
import { held } from '../runs/scripted.ts';
import { keyOf } from '../runs/lanes-model.ts';
import { catalogOf, listens, Station, type StationOptions } from './station.ts';
import { countOpen } from '../../src/views/queue-view.ts';

let catalogs = 0;

/** A flow that listens to `type`, with limits. */
function limited(name: string, type: string, limits: Partial<Flow> = {}): Flow {
  return { ...listens(name, type), ...limits };
}

/** A station under way with these flows in force. */
async function open(flows: readonly Flow[], options: StationOptions = {}): Promise<Station> {
  const station = await Station.open(options);
  await station.activate(catalogOf(`lanes-${catalogs++}`, ...flows));
  await station.start();
  return station;
}

/** Lets time pass in small steps, and what it brings about. */
async function pass(station: Station, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    station.clock.advance(50);
    await station.settle();
  }
}

function flowsOf(calls: readonly { readonly flow: string }[]): string[] {
  return calls.map(({ flow }) => flow);
}

describe('a flood of one flow', () => {
  test('leaves the next free slot to another flow, whose event stands behind it', async () => {
    const { act, calls, release } = held();
    const station = await open([limited('flood', 'a'), limited('idle', 'b')], { act, slots: 2 });
    await Promise.all(Array.from({ length: 400 }, () => station.emit('a')));
    await station.until(() => calls.length === 2);
    await station.emit('b');
    await pass(station, 400);
    release(calls[0]?.run);
    await station.until(() => calls.length === 3);
    expect(flowsOf(calls)).toEqual(['flood', 'flood', 'idle']);
    expect((await station.audit()).firstBad).toBeNull();
  });

  test('leaves it to one with a higher priority, however much that has', async () => {
    const { act, calls, release } = held();
    const first = limited('first', 'b', { priority: 5 });
    const station = await open([limited('flood', 'a'), first], { act, slots: 1 });
    for (let n = 0; n < 5; n++) await station.emit('a');
    for (let n = 0; n < 3; n++) await station.emit('b');
    await station.until(() => calls.length === 1);
    await pass(station, 400);
    for (let n = 2; n <= 8; n++) {
      release();
      await station.until(() => calls.length === n);
    }
    expect(flowsOf(calls).slice(1, 4)).toEqual(['first', 'first', 'first']);
    release();
    await station.routed();
  });
});

describe('at most so many runs at once', () => {
  const flow = limited('deploy', 'pushed', {
    concurrency: { key: keyOf('repo'), limit: 1, onFull: 'queue' },
  });

  test('by key, the others wait in the order of their coming', async () => {
    const { act, calls, release } = held();
    const station = await open([flow], { act });
    for (const repo of ['api', 'api', 'web', 'api']) await station.emit('pushed', { repo });
    await station.until(() => calls.length === 2);
    await station.settle();
    const repos = (): string[] =>
      calls.map(({ event }) => (event.data as { readonly repo: string }).repo);
    expect(repos()).toEqual(['api', 'web']);
    release();
    await station.until(() => calls.length === 3);
    await station.settle();
    expect(calls).toHaveLength(3);
    release();
    await station.until(() => calls.length === 4);
    release();
    await station.routed();
    expect(await station.story('run.succeeded')).toHaveLength(4);
  });

  test('over the death of the daemon', async () => {
    const { act } = held();
    const before = await open([flow], { act });
    for (let n = 0; n < 4; n++) await before.emit('pushed', { repo: 'api' });
    await before.until(() => before.router.at === before.store.head());
    await before.settle();
    const next = held();
    const station = await Station.open({ act: next.act }, before);
    await station.start();
    await pass(station, 2_000);
    expect(next.calls).toHaveLength(1);
    for (let n = 2; n <= 4; n++) {
      next.release();
      await station.until(() => next.calls.length === n);
      await station.settle();
      expect(next.calls).toHaveLength(n);
    }
    next.release();
    await station.routed();
    const runs = next.calls.map(({ run }) => Number(run.split('-').at(-1)));
    expect(runs).toEqual(runs.toSorted((a, b) => a - b));
  });
});

describe('an order by key', () => {
  test('holds though runs rest on their way', async () => {
    const flow = limited('ship', 'pushed', { order: keyOf('repo') });
    const calls: number[] = [];
    const station = await open([flow], {
      act: async ({ event, attempt, now }) => {
        const { n } = event.data as { readonly n: number };
        calls.push(n);
        return attempt === 1 && n === 1
          ? { kind: 'wait', until: now + 1_000 }
          : { kind: 'done', output: null };
      },
    });
    for (const n of [1, 2, 3]) await station.emit('pushed', { repo: 'api', n });
    await station.emit('pushed', { repo: 'web', n: 9 });
    await station.until(() => calls.length === 2);
    await pass(station, 500);
    expect(calls).toEqual([1, 9]);
    await pass(station, 600);
    await station.routed();
    expect(calls).toEqual([1, 9, 2, 3]);
  });
});

describe('a throttle', () => {
  test('lets a burst through, and then no more than its limit in any of its times', async () => {
    const flow = limited('notify', 'pushed', { throttle: { limit: 3, perMs: 3_000 } });
    const starts: number[] = [];
    const station = await open([flow], {
      act: async ({ now }) => {
        starts.push(now);
        return { kind: 'done', output: null };
      },
    });
    await pass(station, 4_000);
    for (let n = 0; n < 12; n++) await station.emit('pushed');
    await pass(station, 12_000);
    await station.routed();
    expect(starts).toHaveLength(12);
    expect(new Set(starts.slice(0, 3)).size).toBe(1);
    for (const start of starts) {
      const within = starts.filter((other) => other >= start && other < start + 3_000);
      expect(within.length).toBeLessThanOrEqual(3);
    }
  });
});

describe('where as many runs are open as may be', () => {
  test.each([
    ['drop', 'event.dropped', 'dropped'],
    ['error', 'event.dead_lettered', 'dead_lettered'],
  ] as const)('on_full: %s is recorded as %s, and the sums hold', async (onFull, type, term) => {
    const flow = limited('deploy', 'pushed', { concurrency: { limit: 1, onFull } });
    const { act, calls, release } = held();
    const station = await open([flow], { act });
    await station.emit('pushed');
    await station.until(() => calls.length === 1);
    for (let n = 0; n < 2; n++) await station.emit('pushed');
    await station.until(() => station.router.at === station.store.head());
    expect(await station.story(type)).toEqual([`${type} deploy`, `${type} deploy`]);
    release();
    await station.routed();
    await station.router.stop();
    const { firstBad, sum } = await station.audit();
    expect({ firstBad, [term]: sum[term], started: sum.started }).toEqual({
      firstBad: null,
      [term]: 2,
      started: 1,
    });
  });

  test('on_full: replace cancels the oldest, whatever it is at', async () => {
    const flow = limited('deploy', 'pushed', {
      concurrency: { key: keyOf('repo'), limit: 1, onFull: 'replace' },
    });
    const { act, calls, release } = held();
    const station = await open([flow], { act });
    await station.emit('pushed', { repo: 'api' });
    await station.emit('pushed', { repo: 'web' });
    await station.until(() => calls.length === 2);
    for (let n = 0; n < 3; n++) await station.emit('pushed', { repo: 'api' });
    await station.until(() => calls.length >= 3);
    await pass(station, 200);
    const states = (await station.store.runs({ limit: 9 })).map(({ id, state }) => [id, state]);
    const cancelled = states.filter(([, state]) => state === 'cancelled').map(([id]) => id);
    const newest = Math.max(...states.map(([id]) => Number(id)));
    expect(cancelled).toHaveLength(3);
    expect(cancelled).not.toContain(newest);
    release();
    await station.routed();
    expect(await station.story('run.succeeded')).toHaveLength(2);
    await station.router.stop();
    expect((await station.audit()).firstBad).toBeNull();
  });

  test('a key without a value is a dead letter', async () => {
    const of = (): string => {
      throw new Error('no such key: x');
    };
    const flow = limited('deploy', 'pushed', { order: { text: 'payload.x', of } });
    const station = await open([flow]);
    await station.emit('pushed');
    await station.routed();
    await station.router.stop();
    expect(await station.story('event.dead_lettered')).toEqual(['event.dead_lettered deploy']);
    expect((await station.audit()).firstBad).toBeNull();
  });
});

describe('a run that waits too long for its slot', () => {
  test('fails without one', async () => {
    const flow = limited('deploy', 'pushed', {
      queueMs: 1_000,
      concurrency: { limit: 1, onFull: 'queue' },
    });
    const { act, calls, release } = held();
    const station = await open([flow], { act });
    await station.emit('pushed');
    await station.until(() => calls.length === 1);
    await station.emit('pushed');
    await station.until(() => station.router.at === station.store.head());
    await pass(station, 900);
    expect(await station.story('run.failed')).toEqual([]);
    await pass(station, 200);
    const [failed] = await station.store.runs({ limit: 1, state: 'failed' });
    expect(failed?.reason).toContain('waited for a slot for longer than 1 s');
    expect(calls).toHaveLength(1);
    release();
    await station.routed();
  });
});

describe('a pause', () => {
  test('of one flow queues its runs, and lets others begin; it holds over a restart', async () => {
    const { act, calls } = held();
    const flows = [limited('deploy', 'pushed'), limited('other', 'pulled')];
    const before = await open(flows, { act });
    const pauses = await Pauses.open(before.store);
    await pauses.pause({ flow: 'deploy', by: 'ada', reason: 'a freeze' }, before.time);
    before.runner.pause('deploy');
    await before.emit('pushed');
    await before.emit('pulled');
    await before.until(() => calls.length === 1);
    await before.settle();
    expect(flowsOf(calls)).toEqual(['other']);

    const next = held();
    const station = await Station.open({ act: next.act }, before);
    const kept = await Pauses.open(station.store);
    expect(kept.all).toMatchObject([{ flow: 'deploy', by: 'ada', reason: 'a freeze' }]);
    for (const { flow } of kept.all) station.runner.pause(flow);
    await station.start();
    await pass(station, 6_000);
    expect(flowsOf(next.calls)).toEqual(['other']);
    await kept.resume({ flow: 'deploy', by: 'ada' }, station.time);
    station.runner.resume('deploy');
    await station.until(() => next.calls.length === 2);
    expect(flowsOf(next.calls)).toEqual(['other', 'deploy']);
    expect((await Pauses.open(station.store)).all).toEqual([]);
  });

  test('is not recorded with a reason that no log keeps', async () => {
    const { store, time } = await open([limited('deploy', 'pushed')], { act: held().act });
    const pauses = await Pauses.open(store);
    const head = store.head();
    for (const reason of ['', 'a\tb', 'x'.repeat(2_000)]) {
      const pausing = pauses.pause({ flow: 'deploy', by: 'ada', reason }, time);
      await expect(pausing).rejects.toMatchObject({ code: 'repair.invalid' });
    }
    expect(pauses.all).toEqual([]);
    expect(store.head()).toBe(head);
  });

  test('of everything lets nothing begin', async () => {
    const { act, calls } = held();
    const station = await open([limited('deploy', 'pushed')], { act });
    station.runner.pause(null);
    for (let n = 0; n < 3; n++) await station.emit('pushed');
    await pass(station, 6_000);
    expect(calls).toEqual([]);
    expect(countOpen(await station.store.lanes())).toMatchObject({ queued: 3, running: 0 });
    station.runner.resume(null);
    await station.until(() => calls.length === 3);
  });
});
