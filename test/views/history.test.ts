import { expect, test } from 'vitest';
import { type PastEvent, readHistory } from '../../src/views/history.ts';
import { catalogOf, listens, Station } from '../routing/station.ts';
import { conditionOf, readerOf } from './reader.ts';

async function busyStation(): Promise<Station> {
  const station = await Station.open();
  const where = conditionOf('payload.n > 1');
  await station.activate(
    catalogOf('history', listens('go', 'a'), listens('no', { pattern: { event: 'b' }, where })),
  );
  await station.start();
  return station;
}

test('the history lists events, newest first, each with what became of it and why', async () => {
  const station = await busyStation();
  await station.emit('a', {}, { id: 'e-1' });
  await station.emit('b', { n: 1 });
  await station.emit('b', {});
  await station.emit('c');
  await station.routed();
  const { items, next } = await readHistory(readerOf(station), { limit: 100 });
  expect(next).toBeNull();
  expect(items.map(({ type }) => type)).toEqual([
    'event.dead_lettered',
    'c',
    'b',
    'b',
    'a',
    'catalog.activated',
  ]);
  const fates = items.map(({ fate }) => fate);
  expect(fates[1]).toBe('no flow listens to such an event');
  expect(fates[2]).toMatch(/^flow "no" could not take it: .*there is no "n"/);
  expect(fates[3]).toBe('flow "no" filtered it, since its condition is false: payload.n > 1');
  expect(fates[4]).toMatch(/^flow "go" started run sb\w+-\d+ \(succeeded\)$/);
  expect(items[4]).toMatchObject({ id: 'e-1', source: 'tests', fates: [{ state: 'succeeded' }] });
});

test('it is read page by page without a gap, and has no records of runs', async () => {
  const station = await busyStation();
  for (let n = 0; n < 300; n++) await station.emit('a', { n });
  await station.routed();
  const reader = readerOf(station);
  const seen: PastEvent[] = [];
  for (let before: number | undefined; ;) {
    const { items, next } = await readHistory(reader, { limit: 70, before });
    expect(items.length).toBeLessThanOrEqual(70);
    seen.push(...items);
    if (next === null) break;
    before = next;
  }
  expect(seen.filter(({ type }) => type === 'a')).toHaveLength(300);
  expect(seen).toHaveLength(301);
  const seqs = seen.map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.toSorted((a, b) => b - a));
});

test('an event that the router has not seen waits', async () => {
  const station = await Station.open();
  await station.emit('a');
  const { items } = await readHistory(readerOf(station), { limit: 1 });
  expect(items).toMatchObject([{ fate: 'it waits to be routed' }]);
});
