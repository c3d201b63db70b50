import { describe, expect, test } from 'vitest';
import { HOPS_MAX } from '../../src/routing/match.ts';
import { ROUTER } from '../../src/routing/router.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import type { Store, Unit } from '../../src/store/contract.ts';
import { catalogOf, listens, Station, type StationOptions, when } from './station.ts';

const done: StepResult = { kind: 'done', output: null };
const odd = when('odd', (payload) => (payload as { n: number }).n % 2 === 1);
const broken = when('broken', () => {
  throw new Error('no field "n"');
});

const catalog = catalogOf(
  'router',
  listens('greet', 'pushed'),
  listens('odd', { pattern: { event: 'pushed' }, where: odd }),
  listens('broken', { pattern: { event: 'pulled' }, where: broken }),
  listens('letters', 'event.dead_lettered'),
);

/** A station under way, whose catalog is in force. */
async function open(options: StationOptions = {}, flows = catalog): Promise<Station> {
  const station = await Station.open(options);
  await station.activate(flows);
  await station.start();
  return station;
}

/** Steps that end when the test says so. */
function held(): {
  readonly act: (context: StepContext) => Promise<StepResult>;
  readonly calls: StepContext[];
  readonly release: () => void;
} {
  const calls: StepContext[] = [];
  const ends: (() => void)[] = [];
  return {
    calls,
    act: (context) => {
      calls.push(context);
      return new Promise((resolve) => ends.push(() => resolve(done)));
    },
    release: () => {
      for (const end of ends.splice(0)) end();
    },
  };
}

/** Stands before the appends of units that move the router's place. */
function onMoves(
  answer: (store: Store, unit: Unit) => ReturnType<Store['append']>,
): (store: Store) => Store {
  return (store) =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'append') {
          return (unit: Unit) => (unit.checkpoint ? answer(target, unit) : target.append(unit));
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
}

describe('an event', () => {
  test('starts each flow that wants it, once, in the commit that moves the router on', async () => {
    const station = await open();
    await station.emit('pushed', { n: 1 });
    await station.routed();
    expect(await station.story('run.started', 'run.succeeded')).toEqual([
      'run.started greet',
      'run.started odd',
      'run.succeeded',
      'run.succeeded',
    ]);
    const [greet, other] = await station.store.runs({ limit: 10 });
    expect([greet, other]).toMatchObject([
      { flow: 'odd', event: 2, catalog: 'router', hops: 1, epoch: 1 },
      { flow: 'greet', event: 2, catalog: 'router', hops: 1, epoch: 1 },
    ]);
    expect((await station.records())[2]).toMatchObject({
      type: 'run.started',
      causation: 2,
      hops: 1,
    });
    expect((await station.audit()).firstBad).toBeNull();
  });

  test('that nobody wants, or not now, is counted', async () => {
    const station = await open();
    await station.emit('pushed', { n: 2 });
    await station.emit('pulled', {});
    await station.emit('parked', {});
    await station.routed();
    expect(station.router.tally).toMatchObject({
      started: 2,
      filtered: 1,
      dead_lettered: 1,
      succeeded: 2,
      unmatched: 2,
    });
  });

  test('keeps the chain that it belongs to', async () => {
    const station = await open();
    await station.emit('pushed', { n: 2 }, { correlationid: 'chain-7', id: 'e1' });
    await station.emit('pushed', { n: 2 }, { id: 'e2' });
    await station.routed();
    const runs = await station.store.runs({ limit: 2 });
    expect(runs.map(({ correlation }) => correlation)).toEqual(['e2', 'chain-7']);
  });

  test('recorded while no daemon ran is routed by the next one, once', async () => {
    const before = await Station.open();
    await before.activate(catalog);
    for (let n = 0; n < 5; n++) await before.emit('pushed', { n: 2 });
    const first = await Station.open({}, before);
    await first.start();
    await first.routed();
    const second = await Station.open({}, first);
    await second.start();
    await second.emit('pushed', { n: 2 });
    await second.routed();
    expect(await second.story('run.started')).toHaveLength(6);
    expect((await second.audit()).firstBad).toBeNull();
  });

  test('is matched under the catalog of its place', async () => {
    const before = await Station.open();
    await before.emit('pushed', { n: 1 });
    await before.activate(catalogOf('first', listens('old', 'pushed')));
    await before.emit('pushed', { n: 1 });
    await before.activate(catalogOf('second', listens('new', 'pushed')));
    await before.emit('pushed', { n: 1 });
    const station = await Station.open({}, before);
    await station.start();
    await station.routed();
    expect(await station.story('run.started')).toEqual([
      'run.started old',
      'run.started old',
      'run.started new',
    ]);
  });
});

describe('a dead letter', () => {
  test('is recorded with the router’s place, and says why', async () => {
    const station = await open();
    await station.emit('pulled', { n: 1 });
    await station.routed();
    const letter = (await station.records())[2];
    expect(letter).toMatchObject({
      type: 'event.dead_lettered',
      source: null,
      causation: 2,
      hops: 1,
    });
    expect(JSON.parse(letter?.data ?? '')).toEqual({
      event: 2,
      flow: 'broken',
      reason: 'no field "n"',
    });
    expect(await station.story('run.started')).toEqual(['run.started letters']);
    expect(station.lines).toContainEqual({
      level: 'error',
      message: 'an event was dead-lettered',
      fields: { event: 2, flow: 'broken', reason: 'no field "n"' },
    });
  });

  test('makes no further ones without end', async () => {
    const picky = { pattern: { event: 'event.dead_lettered' }, where: broken };
    const flows = catalogOf(
      'picky',
      listens('broken', { pattern: { event: 'pulled' }, where: broken }),
      listens('one', picky),
      listens('two', picky),
    );
    const station = await open({}, flows);
    await station.emit('pulled');
    await station.routed();
    expect(await station.story('event.dead_lettered')).toEqual([
      'event.dead_lettered broken',
      'event.dead_lettered one',
      'event.dead_lettered two',
    ]);
    expect((await station.audit()).firstBad).toBeNull();
  });

  test('ends a chain of causes that is taken for a loop', async () => {
    const flows = catalogOf('loop', listens('echo', 'echoed'));
    const act = async (): Promise<StepResult> => ({
      kind: 'done',
      output: null,
      emits: [{ type: 'echoed', data: 1 }],
    });
    const station = await open({ act }, flows);
    await station.emit('echoed');
    await station.routed();
    expect(await station.story('run.started')).toHaveLength(HOPS_MAX);
    expect(await station.story('event.dead_lettered')).toEqual(['event.dead_lettered echo']);
    const last = (await station.records()).at(-1);
    expect(last).toMatchObject({ type: 'event.dead_lettered', hops: HOPS_MAX + 1 });
    expect((await station.audit()).firstBad).toBeNull();
  });
});

describe('where no slot is free', () => {
  test('events wait in the log, and are begun as one is', async () => {
    const { act, calls, release } = held();
    const station = await open({ act, slots: 1 });
    await station.emit('pushed', { n: 2 });
    await station.until(() => calls.length === 1);
    await station.emit('pushed', { n: 2 });
    await station.settle();
    expect(await station.story('run.started')).toHaveLength(1);
    release();
    await station.until(() => calls.length === 2);
    const [run] = await station.store.runs({ limit: 1 });
    expect(run).toMatchObject({ state: 'running', attempt: 1, due: null });
    release();
    await station.routed();
  });

  test('runs are queued for people to see when that takes too long', async () => {
    const { act, calls, release } = held();
    const station = await open({ act, slots: 1 });
    for (let n = 0; n < 4; n++) await station.emit('pushed', { n: 2 });
    await station.until(() => calls.length === 1);
    for (let n = 0; n < 3; n++) {
      await station.settle();
      station.clock.advance(100);
    }
    await station.settle();
    expect(await station.store.openRuns()).toEqual({ queued: 3, running: 1, waiting: 0 });
    for (let n = 2; n <= 4; n++) {
      release();
      await station.until(() => calls.length === n);
    }
    release();
    await station.routed();
    expect(await station.story('run.succeeded')).toHaveLength(4);
    const runs = calls.map(({ run }) => Number(run.split('-').at(-1)));
    expect(runs).toEqual(runs.toSorted((a, b) => a - b));
  });

  test('an event that starts more than there are, starts what it can', async () => {
    const { act, calls, release } = held();
    const many = Array.from({ length: 5 }, (_, i) => listens(`flow-${i}`, 'pushed'));
    const station = await open({ act, slots: 2 }, catalogOf('many', ...many));
    await station.emit('pushed');
    await station.until(() => calls.length === 2);
    expect(await station.store.openRuns()).toEqual({ queued: 3, running: 2, waiting: 0 });
    for (const seen of [4, 5]) {
      release();
      await station.until(() => calls.length === seen);
    }
    release();
    await station.routed();
    expect(await station.story('run.succeeded')).toHaveLength(5);
  });

  test('nobody who waited is remembered for ever', async () => {
    const { act, calls } = held();
    const station = await open({ act, slots: 1 });
    await station.emit('pushed', { n: 2 });
    await station.until(() => calls.length === 1);
    let listeners = 0;
    const { slots } = station.runner;
    const onFree = slots.onFree.bind(slots);
    slots.onFree = (listener) => {
      listeners++;
      const forget = onFree(listener);
      return () => {
        listeners--;
        forget();
      };
    };
    for (let n = 0; n < 20; n++) {
      await station.emit('pushed', { n: 2 });
      await station.settle();
      station.clock.advance(100);
      await station.settle();
    }
    expect(listeners).toBeLessThanOrEqual(2);
  });
});

describe('many events', () => {
  test('are routed in few commits, none of which is too large', async () => {
    const sizes: number[] = [];
    const wrap = onMoves((store, unit) => {
      sizes.push(unit.writes.length);
      return store.append(unit);
    });
    const station = await Station.open({ wrap, slots: 5_000 });
    await station.activate(catalog);
    await Promise.all(Array.from({ length: 1_500 }, () => station.emit('pushed', { n: 1 })));
    await station.start();
    await station.routed();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_001);
    expect(await station.story('run.succeeded')).toHaveLength(3_000);
  });

  test('that nobody wants move the router on now and then', async () => {
    const station = await open();
    await Promise.all(Array.from({ length: 12_000 }, () => station.emit('parked')));
    await station.routed();
    const { seq } = await station.store.checkpoint(ROUTER);
    expect(seq).toBeGreaterThanOrEqual(10_000);
    expect(station.router.tally.unmatched).toBe(12_001);
    await station.stop();
    const next = await Station.open({}, station);
    await next.start();
    expect(next.router.at).toBe(12_001);
    expect(next.router.tally.unmatched).toBe(12_001);
  });
});

describe('a disk that is full', () => {
  test('holds the router up, and nothing is lost or doubled', async () => {
    let full = true;
    const wrap = onMoves(async (store, unit) => (full ? { kind: 'full' } : store.append(unit)));
    const station = await open({ wrap });
    await station.emit('pushed', { n: 1 });
    await station.settle();
    station.clock.advance(5_000);
    await station.settle();
    expect(await station.story('run.started')).toEqual([]);
    full = false;
    station.clock.advance(500);
    await station.routed();
    expect(await station.story('run.started')).toEqual(['run.started greet', 'run.started odd']);
    const [run] = await station.store.runs({ limit: 1 });
    expect(run?.started).toBe(station.clock.now());
    expect((await station.audit()).firstBad).toBeNull();
  });

  test('does not hold up a stop', async () => {
    const wrap = onMoves(async () => ({ kind: 'full' }));
    const station = await open({ wrap });
    await station.emit('pushed', { n: 1 });
    await station.settle();
    expect(station.runner.slots.taken).toBe(2);
    await station.stop();
    expect(station.runner.slots.taken).toBe(0);
  });
});

describe('trouble', () => {
  test('with the catalog of an event is told and tried again, and holds up nothing before it', async () => {
    const lost = catalogOf('lost', listens('later', 'pushed'));
    const before = await Station.open();
    await before.activate(catalog);
    await before.emit('pushed', { n: 2 });
    await before.activate({ ...lost, files: [{ path: 'signalbox.yaml', text: 'nobody knows' }] });
    await before.emit('pushed', { n: 2 });
    const station = await Station.open({}, before);
    await station.start();
    await station.settle();
    expect(await station.story('run.started')).toEqual(['run.started greet']);
    const trouble = { reason: 'cannot be parsed any more', since: station.clock.now() };
    expect(station.router.trouble).toEqual(trouble);
    for (let n = 0; n < 5; n++) {
      station.clock.advance(1_000);
      await station.settle();
    }
    expect(station.router.trouble).toEqual(trouble);
    expect(station.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(station.runner.slots.taken).toBe(0);
    station.catalogs.provide(lost);
    station.clock.advance(1_000);
    await station.routed();
    expect(station.router.trouble).toBeUndefined();
    expect(await station.story('run.started')).toEqual(['run.started greet', 'run.started later']);
  });

  test('does not hold up a stop', async () => {
    const before = await Station.open();
    await before.activate({ ...catalog, hash: 'gone', files: [{ path: 'x', text: 'gone' }] });
    await before.emit('pushed');
    const station = await Station.open({}, before);
    await station.start();
    await station.settle();
    await station.stop();
    expect(station.router.at).toBe(0);
  });

  test('with a log that somebody else routes starts nothing', async () => {
    const station = await open();
    await station.settle();
    await station.store.append({
      writes: [],
      checkpoint: { consumer: ROUTER, from: 0, to: 1, state: '{}' },
    });
    await station.emit('pushed', { n: 1 });
    await station.until(() => station.router.trouble !== undefined);
    expect(station.router.trouble?.reason).toContain('somebody else routes this log');
    expect(await station.story('run.started')).toEqual([]);
    expect(station.runner.slots.taken).toBe(0);
    await station.stop();
  });
});

describe('a router', () => {
  test('that is only asked where it was goes on with nothing', async () => {
    const before = await open();
    await before.emit('pushed', { n: 1 });
    await before.routed();
    await before.stop();
    const station = await Station.open({}, before);
    await station.emit('pushed', { n: 1 });
    await station.router.load();
    expect(station.router.at).toBe(before.router.at);
    expect(station.router.tally).toEqual(before.router.tally);
    await station.settle();
    expect(await station.story('run.started')).toHaveLength(2);
  });

  test('may be stopped before it was started', async () => {
    const station = await Station.open();
    await expect(station.router.stop()).resolves.toBeUndefined();
  });
});
