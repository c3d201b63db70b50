import { describe, expect, test } from 'vitest';
import { HOPS_MAX } from '../../src/routing/match.ts';
import { ROUTER } from '../../src/routing/router.ts';
import type { StepResult } from '../../src/runs/step-kind.ts';
import type { Store, Unit } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { catalogOf, listens, Station, type StationOptions, when } from './station.ts';

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

/** Stands before the appends of units that move the router's place. */
function onMoves(
  answer: (store: Store, unit: Unit) => ReturnType<Store['append']>,
): (store: Store) => Store {
  return (store) =>
    alteredStore(store, {
      append: (unit) => (unit.checkpoint ? answer(store, unit) : store.append(unit)),
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

  test('may be dead to one flow and start another in the same commit', async () => {
    const cannot = listens('cannot', { pattern: { event: 'pulled' }, where: broken });
    const station = await open({}, catalogOf('both', cannot, listens('can', 'pulled')));
    for (let n = 0; n < 3; n++) await station.emit('pulled');
    await station.routed();
    expect(await station.story('run.succeeded')).toHaveLength(3);
    expect(await station.story('event.dead_lettered')).toHaveLength(3);
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

test('a catalog that is put in force at work holds for every event behind its record', async () => {
  const station = await Station.open();
  await station.start();
  for (let n = 0; n < 50; n++) {
    // Nobody waits, so that some of them share a commit with the activation.
    const change = station.activate(catalogOf(`change-${n}`, listens(`flow-${n}`, 'pushed')));
    await Promise.all([change, station.emit('pushed'), station.emit('pushed')]);
  }
  await station.routed();
  const story = await station.story('run.started');
  expect(story).toEqual(
    Array.from({ length: 100 }, (_, n) => `run.started flow-${Math.floor(n / 2)}`),
  );
  expect((await station.audit()).firstBad).toBeNull();
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
      code: 'expression.failed',
      reason: 'no field "n"',
    });
    expect(await station.store.letter(letter?.seq ?? 0)).toMatchObject({
      kind: 'event',
      state: 'open',
      event: 2,
      flow: 'broken',
      run: null,
      code: 'expression.failed',
      message: 'no field "n"',
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
