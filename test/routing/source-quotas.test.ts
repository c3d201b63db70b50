import { describe, expect, test } from 'vitest';
import type { QueueLimit } from '../../src/flows/flow.ts';
import type { Admission } from '../../src/routing/admission.ts';
import { Replays } from '../../src/routing/replays.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { held } from '../runs/scripted.ts';
import {
  catalogOf,
  limitedSource,
  listens,
  Station,
  type StationOptions,
  withSources,
} from './station.ts';

const GREEDY = 'webhook:greedy';

function catalogWith(hash: string, queue: QueueLimit) {
  const flows = [listens('greet', 'pushed'), listens('note', 'pushed'), listens('calm', 'asked')];
  return withSources(catalogOf(hash, ...flows), limitedSource(GREEDY, queue));
}

const ERROR = catalogWith('quota-error', { limit: 3, overflow: 'error' });
const DROP = catalogWith('quota-drop', { limit: 3, overflow: 'drop' });

/** A station whose one slot is taken by somebody else. */
async function crowded(catalog: typeof ERROR, options: StationOptions = {}): Promise<Station> {
  const station = await Station.open({ ...held(), slots: 1, ...options });
  await station.activate(catalog);
  await station.start();
  await station.emit('asked');
  await station.until(() => station.runner.lanes.taken === 1);
  await station.settle();
  return station;
}

function send(station: Station, type = 'pushed'): Promise<Admission> {
  return station.emit(type, {}, { source: GREEDY });
}

/** Sends one after the other, letting everything be queued that is to be. */
async function fill(station: Station, events: number): Promise<string[]> {
  const answers: string[] = [];
  for (let n = 0; n < events; n++) {
    const admission = await send(station);
    answers.push(admission.kind === 'refused' ? admission.reason : admission.kind);
    await station.settle();
    station.clock.advance(100);
    await station.settle();
  }
  return answers;
}

async function audited(station: Station): Promise<void> {
  expect((await station.audit()).firstBad).toBeNull();
}

describe('a source under "error"', () => {
  test('is refused once so many events wait, each counted once, and others are not', async () => {
    const station = await crowded(ERROR);
    expect(await fill(station, 5)).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'source_full',
      'source_full',
    ]);
    expect(station.quotas.of(GREEDY)).toEqual({ waiting: 3, limit: 3, overflow: 'error' });
    expect(station.runner.lanes.queued('greet')).toEqual({ ofFlow: 3, all: 6 });
    expect(await station.emit('asked')).toMatchObject({ kind: 'accepted' });
    expect(station.door.book.total().sums()).toMatchObject({
      sources: { [GREEDY]: { refused: 2 } },
    });
    await audited(station);
  });

  test('never has more on the way to the disk than may wait', async () => {
    const station = await crowded(ERROR);
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(station)));
    expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(3);
    for (const answer of answers) {
      if (answer.kind !== 'refused') continue;
      expect(answer.retryAfterMs).toBeGreaterThanOrEqual(1_000);
      expect(answer.retryAfterMs).toBeLessThan(2_000);
    }
  });

  test('is refused what is replayed of it too', async () => {
    const station = await crowded(ERROR);
    await fill(station, 2);
    const event = (await station.records()).find(({ source }) => source === GREEDY);
    if (event === undefined) throw new Error('there is no event');
    const replays = new Replays(station);
    const again = () => replays.replay({ event, by: 'tests' });
    const answers = await Promise.all([again(), again(), again()]);
    expect(answers).toMatchObject([
      { kind: 'accepted' },
      { kind: 'refused', reason: 'source_full' },
      { kind: 'refused', reason: 'source_full' },
    ]);
    expect(station.quotas.of(GREEDY)).toMatchObject({ waiting: 3 });
    await audited(station);
  });

  test('counts no event that is not recorded after all', async () => {
    const station = await crowded(ERROR);
    const twice = { source: GREEDY, id: 'one' };
    await station.emit('pushed', {}, twice);
    for (let n = 0; n < 9; n++) {
      expect(await station.emit('pushed', {}, twice)).toMatchObject({ duplicate: true });
    }
    expect(station.quotas.of(GREEDY)).toMatchObject({ waiting: 1 });
  });

  test('has room again when its runs have begun, or somebody ends or holds them', async () => {
    const { act, release, calls } = held();
    const station = await crowded(ERROR, { act });
    await fill(station, 3);
    const rows = await station.store.runs({ state: 'queued', limit: 9 });
    const ofFirst = rows.filter(({ event }) => event === rows.at(-1)?.event);
    const decision = { by: 'tests', reason: null };
    const [one, other] = ofFirst.map(({ id }) => id);
    await station.runner.repair.pause(one ?? 0, decision);
    await station.runner.repair.cancel(other ?? 0, decision);
    expect(station.quotas.of(GREEDY)).toMatchObject({ waiting: 2 });
    await station.runner.repair.resume(one ?? 0, decision);
    expect(station.quotas.of(GREEDY)).toMatchObject({ waiting: 3 });
    release();
    await station.until(() => calls.length === 2);
    release();
    await station.until(() => calls.length > 2);
    await station.until(() => (station.quotas.of(GREEDY)?.waiting ?? 9) < 3);
    expect(await send(station)).toMatchObject({ kind: 'accepted' });
  });

  test('is counted anew by whoever starts, held runs apart', async () => {
    const before = await crowded(ERROR);
    await fill(before, 3);
    const [last] = await before.store.runs({ state: 'queued', flow: 'greet', limit: 1 });
    const [same] = await before.store.runs({ state: 'queued', flow: 'note', limit: 1 });
    for (const run of [last, same]) {
      await before.runner.repair.pause(run?.id ?? 0, { by: 'tests', reason: null });
    }
    const station = await Station.open({ ...held(), slots: 1 }, before);
    await station.emit('parked', {}, { source: GREEDY });
    const next = await Station.open({ ...held(), slots: 1 }, station);
    await next.quotas.start();
    // Two with queued runs, and one that nobody has routed.
    expect(next.quotas.of(GREEDY)).toMatchObject({ waiting: 3 });
    expect(await send(next)).toMatchObject({ reason: 'source_full' });
    await next.start();
    await next.runner.repair.resume(last?.id ?? 0, { by: 'tests', reason: null });
    await next.until(() => next.router.at === next.store.head());
    expect(next.quotas.of(GREEDY)).toMatchObject({ waiting: 3 });
    await audited(next);
  });

  test('takes a batch that is larger than its limit where nothing else waits', async () => {
    const station = await crowded(ERROR);
    const drafts = Array.from({ length: 5 }, () => ({ type: 'pushed', source: GREEDY, data: '1' }));
    expect(await station.door.admitTogether(drafts, [])).toMatchObject({ kind: 'accepted' });
    expect(await station.door.admitTogether(drafts.slice(0, 1), [])).toMatchObject({
      reason: 'source_full',
    });
    const cursor = { source: GREEDY, key: 'at', value: '1' };
    expect(await station.door.admitTogether([], [cursor])).toMatchObject({ kind: 'accepted' });
  });

  test('is counted anew by two who ask at once, and after it could not be read', async () => {
    let isDown = false;
    const station = await crowded(ERROR, {
      wrap: (store) => {
        const lanes: typeof store.lanes = () => {
          return isDown ? Promise.reject(new Error('no answer')) : store.lanes();
        };
        return alteredStore(store, { lanes });
      },
    });
    await fill(station, 2);
    await station.activate(catalogWith('quota-two', { limit: 2, overflow: 'error' }));
    isDown = true;
    await expect(station.quotas.refresh()).rejects.toThrow('no answer');
    isDown = false;
    const both = [station.quotas.refresh(), station.quotas.refresh()];
    await Promise.all(both);
    expect(station.quotas.of(GREEDY)).toEqual({ waiting: 2, limit: 2, overflow: 'error' });
    await audited(station);
  });

  test('keeps to another limit as soon as that is in force', async () => {
    const station = await crowded(ERROR);
    await fill(station, 3);
    await station.activate(catalogWith('quota-wider', { limit: 4, overflow: 'error' }));
    await station.quotas.refresh();
    expect(await fill(station, 2)).toEqual(['accepted', 'source_full']);
    await station.activate(catalogWith('quota-none', { overflow: 'queue' }));
    await station.quotas.refresh();
    expect(station.quotas.of(GREEDY)).toBeUndefined();
    expect(await fill(station, 9)).toEqual(Array.from({ length: 9 }, () => 'accepted'));
  });
});

describe('a source under "drop"', () => {
  test('starts nothing beyond its limit, and each start that is not says why', async () => {
    const station = await crowded(DROP);
    expect(await fill(station, 5)).toEqual(Array.from({ length: 5 }, () => 'accepted'));
    await station.emit('pushed');
    await station.settle();
    station.clock.advance(100);
    await station.until(() => station.router.at === station.store.head());
    const drops = (await station.records()).filter(({ type }) => type === 'event.dropped');
    const told = drops.map(({ data }) => JSON.parse(data) as { readonly flow: string });
    const reason = `As many events of source "${GREEDY}" wait as its "queue_limit" allows: 3.`;
    expect(told).toMatchObject([
      { flow: 'greet', source: GREEDY, reason },
      { flow: 'note', source: GREEDY, reason },
      { flow: 'greet', source: GREEDY, reason },
      { flow: 'note', source: GREEDY, reason },
    ]);
    expect(station.quotas.of(GREEDY)).toEqual({ waiting: 3, limit: 3, overflow: 'drop' });
    expect(station.router.tally).toMatchObject({ dropped: 4 });
    await audited(station);
  });

  test('holds that for a burst too, and where commits are lost', async () => {
    let fails = 0;
    const station = await crowded(DROP, {
      wrap: (store) =>
        alteredStore(store, {
          append: (unit) =>
            unit.checkpoint !== undefined && fails-- > 0
              ? Promise.reject(new Error('no'))
              : store.append(unit),
        }),
    });
    fails = 2;
    await Promise.all(Array.from({ length: 20 }, () => send(station)));
    await station.settle();
    for (let n = 0; n < 4; n++) {
      station.clock.advance(1_000);
      await station.settle();
    }
    await station.until(() => station.router.at === station.store.head());
    expect(station.quotas.of(GREEDY)).toMatchObject({ waiting: 3 });
    expect(station.runner.lanes.queued('greet')).toEqual({ ofFlow: 3, all: 6 });
    await audited(station);
  });
});
