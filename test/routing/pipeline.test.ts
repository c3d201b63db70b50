import { expect, test } from 'vitest';
import type { AppendResult, Store, Unit } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { catalogOf, listens, Station } from './station.ts';

const catalog = catalogOf('pipeline', listens('greet', 'pushed'));

/** A move of the router's place that waits to be let through. */
interface Held {
  readonly unit: Unit;
  readonly pass: () => void;
  readonly answer: (result: AppendResult) => void;
}

/** A station whose router's commits wait until a test lets each of them through. */
async function hold(): Promise<{ station: Station; held: Held[]; free: () => void }> {
  const held: Held[] = [];
  let holding = true;
  const wrap = (store: Store): Store =>
    alteredStore(store, {
      append: (unit) => {
        if (unit.checkpoint === undefined || !holding) return store.append(unit);
        return new Promise((resolve, reject) => {
          const pass = (): void => void store.append(unit).then(resolve, reject);
          held.push({ unit, pass, answer: resolve });
        });
      },
    });
  const station = await Station.open({ wrap });
  await station.activate(catalog);
  await station.start();
  await station.settle();
  const free = (): void => {
    holding = false;
    for (const { pass } of held.splice(0)) pass();
  };
  return { station, held, free };
}

async function emitAndSettle(station: Station): Promise<void> {
  await station.emit('pushed');
  await station.settle();
}

test('what comes while a commit is under way is planned behind it, and no further', async () => {
  const { station, held, free } = await hold();
  for (let n = 0; n < 4; n++) await emitAndSettle(station);
  const moves = held.map(({ unit }) => unit.checkpoint);
  expect(moves.map((move) => [move?.from, move?.to])).toEqual([
    [0, moves[0]?.to],
    [moves[0]?.to, moves[1]?.to],
  ]);
  expect(station.router.at).toBeLessThan(moves[0]?.to ?? 0);
  free();
  await station.routed();
  expect(await station.story('run.started')).toHaveLength(4);
  expect(station.router.tally.started).toBe(4);
  expect((await station.audit()).firstBad).toBeNull();
});

test('a commit that overtakes the one before it is planned again, nothing doubled', async () => {
  const { station, held, free } = await hold();
  await emitAndSettle(station);
  await emitAndSettle(station);
  const [first, second] = held;
  held.length = 0;
  // The disk was full for the first; it had space again just as the second came.
  second?.pass();
  await station.settle();
  first?.answer({ kind: 'full' });
  await station.settle();
  free();
  for (let n = 0; n < 4; n++) {
    station.clock.advance(500);
    await station.settle();
  }
  await station.routed();
  expect(await station.story('run.started')).toHaveLength(2);
  expect(station.router.trouble).toBeUndefined();
  expect(station.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect(station.runner.lanes.taken).toBe(0);
  expect((await station.audit()).firstBad).toBeNull();
});

test('a commit that fails voids what was planned behind it', async () => {
  const { station, held, free } = await hold();
  await emitAndSettle(station);
  await emitAndSettle(station);
  held[0]?.answer({ kind: 'stale' });
  held[1]?.answer({ kind: 'stale' });
  held.length = 0;
  await station.settle();
  expect(station.router.trouble?.reason).toContain('somebody else routes this log');
  expect(station.runner.lanes.taken).toBe(0);
  free();
  station.clock.advance(1_000);
  await station.routed();
  expect(await station.story('run.started')).toHaveLength(2);
  expect(station.router.trouble).toBeUndefined();
});

test('a stop waits for the commits under way', async () => {
  const { station, held, free } = await hold();
  await emitAndSettle(station);
  await emitAndSettle(station);
  expect(held).toHaveLength(2);
  const stopped = station.stop();
  free();
  await stopped;
  const next = await Station.open({}, station);
  await next.start();
  await next.routed();
  expect(await next.story('run.started')).toHaveLength(2);
  await next.stop();
});
