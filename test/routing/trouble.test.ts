import { describe, expect, test } from 'vitest';
import { ROUTER } from '../../src/routing/router.ts';
import type { Store, Unit } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { catalogOf, listens, Station, type StationOptions, when } from './station.ts';

const odd = when('odd', (payload) => (payload as { n: number }).n % 2 === 1);
const odds = { pattern: { event: 'pushed' }, where: odd };
const catalog = catalogOf('trouble', listens('greet', 'pushed'), listens('odd', odds));

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
    expect(station.runner.lanes.taken).toBe(2);
    await station.stop();
    expect(station.runner.lanes.taken).toBe(0);
  });
});

describe('trouble', () => {
  test('with a catalog is told and tried again, and holds up nothing before it', async () => {
    const lost = catalogOf('lost', listens('later', 'pushed'));
    const before = await Station.open();
    await before.activate(catalog);
    await before.emit('pushed', { n: 2 });
    await before.activate({ ...lost, files: [{ path: 'signalbox.yaml', text: 'nobody knows' }] });
    await before.emit('pushed', { n: 2 });
    const station = await Station.open({}, before);
    await station.start();
    await station.settle();
    // The limits of what is in force are not known: what comes before is queued, and not begun.
    for (let n = 0; n < 2; n++) {
      station.clock.advance(100);
      await station.settle();
    }
    expect(await station.story('run.started')).toEqual(['run.started greet']);
    const trouble = { reason: 'cannot be parsed any more', since: station.clock.now() };
    expect(station.router.trouble).toEqual(trouble);
    for (let n = 0; n < 5; n++) {
      station.clock.advance(1_000);
      await station.settle();
    }
    expect(station.router.trouble).toEqual(trouble);
    const errors = station.lines.filter(({ level }) => level === 'error');
    const messages = ['the flows in force cannot be read', 'nothing is routed'];
    expect(errors.map(({ message }) => message)).toEqual(messages);
    expect(await station.story('run.succeeded')).toEqual([]);
    station.catalogs.provide(lost);
    station.clock.advance(5_000);
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
    expect(station.runner.lanes.taken).toBe(0);
    await station.stop();
  });
});
