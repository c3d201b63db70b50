import { expect, test } from 'vitest';
import { findLetter, readLetters } from '../../src/views/letter-page.ts';
import { catalogOf, listens, Station, when } from '../routing/station.ts';
import { readerOf } from './reader.ts';

const broken = when('broken', () => {
  throw new Error('no value');
});
const CATALOG = catalogOf(
  'letter-page',
  listens('picky', { pattern: { event: 'pulled' }, where: broken }),
);

async function stationWithLetters(data: unknown, count: number): Promise<Station> {
  const station = await Station.open();
  await station.activate(CATALOG);
  await station.start();
  for (let n = 0; n < count; n++) await station.emit('pulled', data, { id: `e-${n}` });
  await station.routed();
  return station;
}

test('a page of dead letters names their events, and is short where these are large', async () => {
  const station = await stationWithLetters('x'.repeat(900_000), 8);
  const reader = readerOf(station);
  const first = await readLetters(reader, { limit: 100 });
  expect(first.items.length).toBeLessThan(8);
  expect(first.items[0]).toMatchObject({
    event: 'e-7',
    kind: 'event',
    at: '2026-01-01T00:00:00.000Z',
  });
  const rest = await readLetters(reader, { limit: 100, after: first.next ?? '' });
  expect([...first.items, ...rest.items].map(({ event }) => event)).toEqual(
    Array.from({ length: 8 }, (_, n) => `e-${7 - n}`),
  );
  expect(rest.next).toBeNull();
});

test('a dead letter is found by its id or its number, and by no other', async () => {
  const station = await stationWithLetters({ n: 1 }, 1);
  const reader = readerOf(station);
  const [row] = await station.store.letters({ limit: 1 });
  const letter = await findLetter(reader, String(row?.id));
  expect(letter).toMatchObject({ data: { n: 1 }, closing: null, error: { message: 'no value' } });
  expect(await findLetter(reader, letter?.id ?? '')).toEqual(letter);
  for (const id of ['', '0', '1', 'x', 'sb00000000-3', `${String(row?.id)} `]) {
    expect(await findLetter(reader, id)).toBeUndefined();
  }
});
