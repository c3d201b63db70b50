import { describe, expect, test } from 'vitest';
import type { Retention } from '../../../src/routing/retention/retention.ts';
import type { StepResult } from '../../../src/runs/step-kind.ts';
import type { StorageCare, Trim } from '../../../src/store/care.ts';
import type { Store } from '../../../src/store/contract.ts';
import { alteredStore } from '../../fixtures/altered-store.ts';
import { catalogOf, listens, Station } from '../station.ts';
import { cutOf, DAY_MS, expectSound, NINETY_DAYS, retentionOf, seqsOf } from './tended.ts';

const CATALOG = catalogOf('retention', listens('ship', 'order.placed'), listens('nap', 'nap'));
const DONE: StepResult = { kind: 'done', output: null };

interface Yard {
  readonly station: Station;
  /** Lets the runs of "nap" end. */
  readonly wake: () => void;
}

async function openYard(wrap?: (store: Store) => Store): Promise<Yard> {
  let wake = (): void => {};
  const awake = new Promise<StepResult>((resolve) => {
    wake = () => resolve(DONE);
  });
  const station = await Station.open({
    act: async ({ flow }) => (flow === 'nap' ? awake : DONE),
    ...(wrap === undefined ? {} : { wrap }),
  });
  await station.activate(CATALOG);
  await station.start();
  return { station, wake };
}

async function orders(station: Station, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) await station.emit('order.placed', { n });
  await station.routed();
}

/** The same while a run is open. */
async function ordersBeside(station: Station, count: number): Promise<void> {
  const { runner, router, store } = station;
  for (let n = 1; n <= count; n++) await station.emit('order.placed', { n });
  await station.until(
    () => router.at === store.head() && runner.lanes.taken === 1 && store.pending() === 0,
  );
}

async function pass(station: Station, days: number): Promise<void> {
  station.clock.advance(days * DAY_MS);
  await station.settle();
}

describe('what is older than the policy says', () => {
  test('is taken out with its rows, and what is left is proved', async () => {
    const { station } = await openYard();
    await orders(station, 20);
    const old = station.store.head();
    await pass(station, 60);
    await orders(station, 5);
    const retention = retentionOf(station, NINETY_DAYS);
    await retention.run();
    expect(await cutOf(station)).toBeUndefined();

    await pass(station, 31);
    await retention.run();
    expect(await cutOf(station)).toMatchObject({ last: old, swept: old });
    // The catalog in force is kept for good.
    expect((await seqsOf(station)).slice(0, 2)).toEqual([1, old + 1]);
    expect(await station.store.runs({ limit: 100 })).toHaveLength(5);
    await expectSound(station);
    const { sum } = await station.audit();
    expect(sum).toMatchObject({ started: 25 });
    expect(retention.view).toMatchObject({ trimmed: old });

    const again = await Station.open({}, station);
    await again.start();
    await orders(again, 1);
    await expectSound(again);
  });

  test('stays where an open run needs it, and goes when that has ended', async () => {
    const { station, wake } = await openYard();
    await orders(station, 5);
    const before = station.store.head();
    await station.emit('nap');
    await ordersBeside(station, 5);
    await pass(station, 100);
    const retention = retentionOf(station, NINETY_DAYS);
    await retention.run();
    expect(await cutOf(station)).toMatchObject({ last: before });
    await expectSound(station);

    wake();
    await station.routed();
    await pass(station, 1);
    await retention.run();
    const cut = await cutOf(station);
    expect(cut?.last).toBeGreaterThan(before + 10);
    // The run ended a moment ago, and so it is whole, with its event.
    const [nap] = await station.store.runs({ limit: 9, flow: 'nap' });
    const records = await station.store.readStream(nap?.id ?? 0);
    const types = records.map(({ type }) => type);
    expect([types.at(0), types.at(-1)]).toEqual(['run.started', 'run.succeeded']);
    expect(await station.store.readAt([nap?.event ?? 0])).toHaveLength(1);
    await expectSound(station);

    await orders(station, 1);
    await pass(station, 100);
    await retention.run();
    expect(await station.store.runs({ limit: 9, flow: 'nap' })).toEqual([]);
    expect(await station.store.readAt([nap?.event ?? 0, nap?.id ?? 0])).toEqual([]);
    await expectSound(station);
  });

  test('stays where an open run takes it together with other events', async () => {
    const { station, wake } = await openYard();
    const gather = { kind: 'batch', maxMs: 1_000, size: 2 } as const;
    await station.activate(catalogOf('pairs', { ...listens('nap', 'pushed'), gather }));
    await orders(station, 1);
    const before = station.store.head();
    await station.emit('pushed', { n: 1 });
    await station.emit('pushed', { n: 2 });
    await ordersBeside(station, 3);
    const [nap] = await station.store.runs({ limit: 9, flow: 'nap' });
    expect(nap).toMatchObject({ state: 'running' });
    await pass(station, 100);
    const retention = retentionOf(station, NINETY_DAYS);
    await retention.run();
    expect((await cutOf(station))?.last).toBeLessThanOrEqual(before);
    await expectSound(station);
    wake();
    await station.routed();
    await pass(station, 1);
    await retention.run();
    expect((await cutOf(station))?.last).toBeGreaterThan(before + 2);
    await expectSound(station);
  });

  test('is cut a part at a time, and never behind what is routed', async () => {
    const { station } = await openYard();
    await orders(station, 30);
    await pass(station, 100);
    const retention = retentionOf(station, NINETY_DAYS, { cutRecords: 10 });
    await retention.run();
    const trims = await station.store.read({ after: 0, limit: 100, type: 'log.trimmed' });
    expect(trims.length).toBeGreaterThan(5);
    expect((await cutOf(station))?.last).toBeLessThanOrEqual(station.router.at);
    await expectSound(station);
  });

  test('is no reason to record an id from outside again', async () => {
    const { station } = await openYard();
    const draft = { id: 'o-1' };
    await station.emit('order.placed', {}, draft);
    await station.routed();
    await pass(station, 5);
    await retentionOf(station, { events: DAY_MS, decisions: DAY_MS }).run();
    expect((await cutOf(station))?.last).toBeGreaterThanOrEqual(2);
    const again = await station.emit('order.placed', {}, draft);
    expect(again).toMatchObject({ kind: 'accepted', duplicate: true });
    const other = await station.emit('order.placed', { n: 2 }, draft);
    expect(other).toMatchObject({ kind: 'conflict' });
  });

  test('is kept a while longer where people decided it, and then goes too', async () => {
    const { station } = await openYard();
    const record = { type: 'proposal.approved', source: null, received: station.time.now() };
    const rest = { version: 1, id: null, subject: null, correlation: null, causation: null };
    const decided = { ...record, ...rest, hops: 0, attributes: null, data: '{}' };
    await station.store.append({ writes: [{ kind: 'event', record: decided }] });
    const seq = station.store.head();
    await orders(station, 3);
    const retention = retentionOf(station, NINETY_DAYS);
    await pass(station, 100);
    await retention.run();
    expect(await seqsOf(station)).toContain(seq);
    await expectSound(station);
    await pass(station, 301);
    await orders(station, 1);
    await retention.run();
    expect(await seqsOf(station)).not.toContain(seq);
    await expectSound(station);
  });
});

describe('a store over its budget', () => {
  test('loses its oldest part until it is within it, whatever its age', async () => {
    const { station } = await openYard();
    for (let n = 0; n < 60; n++) await station.emit('parcel.sent', 'x'.repeat(60_000));
    await station.routed();
    await orders(station, 1);
    await pass(station, 1);
    const { used = 0 } = (await station.store.care?.usage()) ?? {};
    const size = Math.round(used / 2);
    const retention = retentionOf(station, { ...NINETY_DAYS, size }, { cutRecords: 10 });
    await retention.run();
    const { view } = retention;
    expect(view.used).toBeLessThanOrEqual(size);
    expect(view).toMatchObject({ budget: size });
    expect(retention.overBudget).toBeNull();
    await expectSound(station);
  });

  test('says so where open work needs what is left', async () => {
    const { station } = await openYard();
    await station.emit('nap');
    for (let n = 0; n < 20; n++) await station.emit('parcel.sent', 'x'.repeat(60_000));
    await station.until(() => station.router.at === station.store.head());
    await pass(station, 1);
    const retention = retentionOf(station, { decisions: DAY_MS, size: 500_000 });
    await retention.run();
    expect(retention.overBudget?.reason).toContain('needed by open work');

    const { used } = retention.view;
    for (const seq of await seqsOf(station))
      await station.store.care?.erase({ seq, key: undefined });
    await retention.run();
    expect(retention.view.used).toBeLessThan(used ?? 0);
    expect(retention.overBudget).toBeNull();
  });
});

test('nothing is taken out while somebody reads the whole log', async () => {
  const { station } = await openYard();
  await orders(station, 5);
  await pass(station, 100);
  const retention = retentionOf(station, NINETY_DAYS);
  await retention.aside(async () => {
    await retention.run();
    expect(await cutOf(station)).toBeUndefined();
  });
  await retention.run();
  expect(await cutOf(station)).toBeDefined();
});

test('it works by itself from its start, once a minute, until its stop', async () => {
  const { station } = await openYard();
  await orders(station, 5);
  await pass(station, 100);
  const retention = retentionOf(station, NINETY_DAYS);
  await retention.start();
  station.clock.advance(1);
  await station.until(() => station.lines.some(({ message }) => message.includes('taken out')));
  await retention.stop();
  await expectSound(station);
});

/** A store whose care dies at its n-th deed, before or behind it. */
function mortal(store: Store, at: number, when: 'before' | 'behind'): Store {
  const { care } = store;
  if (care === undefined) return store;
  let deeds = 0;
  const deed = <A, R>(work: (argument: A) => Promise<R>) => {
    return async (argument: A): Promise<R> => {
      const isLast = ++deeds === at;
      if (isLast && when === 'before') throw new Error('killed');
      const result = await work(argument);
      if (isLast) throw new Error('killed');
      return result;
    };
  };
  const trim = deed((what: Trim) => care.trim(what));
  const sweep = deed((now: number) => care.sweep(now));
  const dying: StorageCare = { ...care, trim, sweep };
  return alteredStore(store, { care: dying });
}

async function dies(retention: Retention): Promise<boolean> {
  return retention.run().then(
    () => false,
    () => true,
  );
}

describe.each(['before', 'behind'] as const)('a daemon that dies %s a step of it', (when) => {
  test('leaves a log that is sound, and the next one goes on', async () => {
    for (let at = 1; at <= 6; at++) {
      const { station, wake } = await openYard((store) => mortal(store, at, when));
      await orders(station, 100);
      await station.emit('nap');
      await ordersBeside(station, 100);
      wake();
      await station.routed();
      await pass(station, 100);
      const died = await dies(retentionOf(station, NINETY_DAYS, { cutRecords: 250 }));
      await expectSound(station);
      const next = await Station.open({}, station);
      await next.start();
      await retentionOf(next, NINETY_DAYS, { cutRecords: 250 }).run();
      await expectSound(next);
      const { last, swept } = (await cutOf(next)) ?? {};
      expect(swept).toBe(last);
      if (!died) return;
    }
  });
});
