import { describe, expect, test } from 'vitest';
import type { Admission } from '../../src/routing/admission.ts';
import { STALLED_MS } from '../../src/routing/overflow.ts';
import { Replays } from '../../src/routing/replays.ts';
import { manualRecord } from '../../src/runs/named-start.ts';
import type { Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { parallelOf, stepOf } from '../runs/pieces.ts';
import { held } from '../runs/scripted.ts';
import { catalogOf, listens, Station, type StationOptions } from './station.ts';
import { countOpen } from '../../src/views/queue-view.ts';

const catalog = catalogOf('capacity', listens('greet', 'pushed'));
const ERROR = { limit: 5, overflow: 'error' } as const;

/** A station under way whose one slot is taken. */
async function crowded(options: StationOptions): Promise<Station> {
  const { act } = held();
  const station = await Station.open({ act, slots: 1, ...options });
  await station.activate(catalog);
  await station.start();
  await station.emit('pushed');
  await station.until(() => station.runner.lanes.taken === 1);
  await station.settle();
  return station;
}

/** Emits until somebody is refused, letting everything be queued that is to be. */
async function fill(station: Station, most: number): Promise<number> {
  for (let taken = 0; taken < most; taken++) {
    if ((await station.emit('pushed')).kind === 'refused') return taken;
    await station.settle();
    station.clock.advance(100);
    await station.settle();
  }
  return most;
}

function retryOf(admission: Admission): number {
  return admission.kind === 'refused' ? admission.retryAfterMs : 0;
}

describe('under "error"', () => {
  test('as many events are taken in as may wait, in the log and as queued runs', async () => {
    const station = await crowded({ rules: ERROR });
    expect(await fill(station, 20)).toBe(5);
    expect(countOpen(await station.store.lanes())).toMatchObject({ queued: 5, running: 1 });
    const admission = await station.emit('pushed');
    expect(admission).toMatchObject({ kind: 'refused', reason: 'queue_full' });
    expect(retryOf(admission)).toBeGreaterThanOrEqual(1_000);
    expect(retryOf(admission)).toBeLessThan(2_000);
    expect(station.door.book.total().sums()).toMatchObject({ refused: 2 });
  });

  test('events that are on their way to the disk count too', async () => {
    const station = await crowded({ rules: ERROR });
    const answers = await Promise.all(Array.from({ length: 50 }, () => station.emit('pushed')));
    expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(5);
    expect(answers.filter(({ kind }) => kind === 'refused')).toHaveLength(45);
  });

  test('what is to come once more waits for room too, and what people start does not', async () => {
    const station = await crowded({ rules: ERROR });
    await fill(station, 20);
    const event = (await station.records()).find(({ type }) => type === 'pushed');
    if (event === undefined) throw new Error('there is no event');
    const replays = new Replays(station);
    expect(await replays.replay({ event, by: 'tests' })).toMatchObject({ reason: 'queue_full' });
    const directed = await replays.replay({ event, flow: 'greet', by: 'tests' });
    expect(directed).toMatchObject({ reason: 'queue_full' });
    const start = manualRecord({ flow: 'greet', data: '1', by: 'tests' }, station.time.now());
    expect(await station.door.admitOwn(start)).toMatchObject({ kind: 'accepted' });
  });

  test('what an earlier session queued is counted as soon as somebody asks', async () => {
    const before = await crowded({ rules: { limit: 100, overflow: 'error' } });
    await fill(before, 5);
    const station = await Station.open({ ...held(), slots: 1, rules: ERROR }, before);
    await station.start();
    await station.emit('parked');
    await station.settle();
    expect(await station.emit('parked')).toMatchObject({ reason: 'queue_full' });
  });

  test('there is room again when runs have begun', async () => {
    const { act, release, calls } = held();
    const station = await crowded({ rules: ERROR, act });
    await fill(station, 20);
    release();
    await station.until(() => calls.length === 2);
    await station.settle();
    expect(await station.emit('parked')).toMatchObject({ kind: 'accepted' });
  });
});

describe('under "queue"', () => {
  test('nothing is refused for how much waits', async () => {
    const station = await crowded({ rules: { limit: 1, overflow: 'queue' } });
    expect(await fill(station, 20)).toBe(20);
    expect(countOpen(await station.store.lanes())).toMatchObject({ queued: 20 });
  });

  test('events are refused while the oldest has waited for an hour to be routed', async () => {
    const broken = catalogOf('lost', listens('greet', 'pushed'));
    let blind = true;
    const wrap = (store: Store): Store =>
      alteredStore(store, {
        append: (unit) =>
          blind && unit.checkpoint !== undefined
            ? Promise.reject(new Error('no'))
            : store.append(unit),
      });
    const station = await Station.open({ wrap });
    await station.activate(broken);
    await station.start();
    await station.emit('pushed');
    await station.settle();
    const since = station.clock.now();
    station.clock.advance(STALLED_MS - 10_000);
    expect(await station.emit('parked')).toMatchObject({ kind: 'accepted' });
    await station.settle();
    station.clock.advance(9_999);
    expect(await station.emit('parked')).toMatchObject({ kind: 'accepted' });
    expect(station.capacity.trouble).toBeUndefined();
    station.clock.advance(1);
    const admission = await station.emit('parked');
    expect(admission).toMatchObject({ kind: 'refused', reason: 'queue_stalled' });
    expect(retryOf(admission)).toBeGreaterThanOrEqual(30_000);
    expect(station.capacity.trouble?.since).toBe(since + STALLED_MS);
    blind = false;
    station.clock.advance(1_000);
    await station.routed();
    expect(await station.emit('parked')).toMatchObject({ kind: 'accepted' });
    expect(station.capacity.trouble).toBeUndefined();
  });

  test('the time in which no daemon ran is nobody’s waiting', async () => {
    const before = await Station.open();
    await before.emit('pushed');
    before.clock.advance(10 * STALLED_MS);
    const station = await Station.open({}, before);
    await station.emit('pushed');
    await station.settle();
    expect(await station.emit('pushed')).toMatchObject({ kind: 'accepted' });
  });
});

describe('a disk that is nearly full', () => {
  const MIB = 1_048_576;

  test('is told as a full one, before the store meets its end', async () => {
    let free = 100 * MIB;
    const station = await Station.open({ space: () => ({ free, all: 10_000 * MIB }) });
    await station.emit('pushed');
    await station.settle();
    free = 10 * MIB;
    expect(await station.emit('pushed')).toMatchObject({ kind: 'accepted' });
    station.clock.advance(1_000);
    await station.emit('pushed');
    await station.settle();
    const refused = { kind: 'refused', reason: 'disk_full', retryAfterMs: 5_000 };
    expect(await station.emit('pushed')).toEqual(refused);
    expect(station.door.fullSince).toBe(station.clock.now());
    free = 100 * MIB;
    expect(await station.emit('pushed')).toEqual(refused);
    station.clock.advance(1_000);
    expect(await station.emit('pushed')).toMatchObject({ kind: 'accepted' });
    expect(station.door.fullSince).toBeUndefined();
  });

  test('is measured at most once a second, and not at all while nobody asks', async () => {
    let measured = 0;
    const space = (): { free: number; all: number } => {
      measured++;
      return { free: MIB, all: MIB };
    };
    const station = await Station.open({ space });
    for (let n = 0; n < 100; n++) {
      await station.emit('pushed');
      station.clock.advance(50);
    }
    expect(measured).toBe(5);
    station.clock.advance(3_600_000);
    await station.settle();
    expect(measured).toBe(5);
  });

  test('says nothing of a disk where the system does not say', async () => {
    const space = (): never => {
      throw new Error('not supported');
    };
    const station = await Station.open({ space });
    for (let n = 0; n < 3; n++) {
      expect(await station.emit('pushed')).toMatchObject({ kind: 'accepted' });
      await station.settle();
    }
    expect(station.lines).toEqual([]);
  });
});

test('the branches of a run do not count among the runs that wait', async () => {
  const { act } = held();
  const many = parallelOf('many', ...['a', 'b', 'c', 'd'].map((id) => stepOf({ id })));
  const station = await Station.open({ act, slots: 1 });
  const flow = { ...listens('fork', 'pushed'), steps: [many] };
  await station.activate(catalogOf('forking', { ...flow, queue: { limit: 2, overflow: 'drop' } }));
  await station.start();
  await station.emit('pushed');
  await station.until(() => station.runner.lanes.taken === 1);
  await station.settle();
  for (let n = 0; n < 5; n++) {
    if (n < 3) await station.emit('pushed');
    await station.settle();
    station.clock.advance(100);
  }
  await station.settle();
  expect(station.runner.lanes.queued('fork')).toEqual({ ofFlow: 2, all: 2 });
  expect(station.router.tally).toMatchObject({ started: 3, dropped: 1 });
});
