import { describe, expect, test } from 'vitest';
import type { DedupeKey } from '../../../src/store/contract.ts';
import {
  clientsOf,
  firstOf,
  kindsOf,
  type OpenedStore,
  range,
  readAll,
  type StoreFixture,
  useStore,
} from './fixture.ts';
import { advance, DAY_MS, event, moving, NOON, open, unit } from './units.ts';

type Current = () => OpenedStore;

const KEY: DedupeKey = { key: 'a-key', digest: 'a-digest' };

/** What `append` promises of events that bring a foreign id. */
export function describeDedupe(name: string, fixture: StoreFixture): void {
  describe(`${name}: dedupe`, () => {
    const current = useStore(fixture);
    describe('an event that is sent again', () => sentAgain(current));
    describe('what is remembered', () => remembered(current));
  });
}

function sentAgain(current: Current): void {
  test('is a duplicate of the one in the log', async () => {
    const { store } = current();
    const seq = firstOf(await store.append(unit(event(), event({}, KEY)))) + 1;
    expect(await store.append(unit(event({}, KEY)))).toEqual({ kind: 'duplicate', seq });
    expect(await store.append(unit(event({}, KEY)))).toEqual({ kind: 'duplicate', seq });
    expect(store.head()).toBe(2);
  });

  test('is a conflict where its content differs', async () => {
    const { store } = current();
    const seq = firstOf(await store.append(unit(event({}, KEY))));
    const other = event({ data: '1' }, { ...KEY, digest: 'another' });
    expect(await store.append(unit(other))).toEqual({ kind: 'conflict', seq });
    expect(await store.append(unit(event({}, KEY)))).toEqual({ kind: 'duplicate', seq });
  });

  test('is recognized beside the first one, in the same breath', async () => {
    const { store } = current();
    const results = await Promise.all(
      [
        event({}, KEY),
        event({}, KEY),
        event({}, { ...KEY, digest: 'another' }),
        event({}, KEY),
      ].map((write) => store.append(unit(write))),
    );
    expect(results).toEqual([
      { kind: 'appended', first: 1 },
      { kind: 'duplicate', seq: 1 },
      { kind: 'conflict', seq: 1 },
      { kind: 'duplicate', seq: 1 },
    ]);
  });

  test('is recorded once, whichever of several clients is first', async () => {
    const clients = await clientsOf(current(), 4);
    const keys = range(1, 60).map((n) => `key ${n}`);
    const sent = keys.flatMap((key) => clients.map((client) => ({ key, client })));
    const results = await Promise.all(
      sent.map(async ({ key, client }) => ({
        key,
        result: await client.append(
          unit(event({ data: JSON.stringify(key) }, { key, digest: 'd' })),
        ),
      })),
    );
    const records = await readAll(current().store);
    expect(records.map(({ data }) => data).toSorted()).toEqual(
      keys.map((key) => JSON.stringify(key)).toSorted(),
    );
    for (const { key, result } of results) {
      const seq = records.find(({ data }) => data === JSON.stringify(key))?.seq;
      const expected = [
        { kind: 'appended', first: seq },
        { kind: 'duplicate', seq },
      ];
      expect(expected).toContainEqual(result);
    }
    expect(results.filter(({ result }) => result.kind === 'appended')).toHaveLength(keys.length);
  });

  test('writes nothing of the unit that it came with', async () => {
    const { store } = current();
    await store.append(unit(event({}, KEY)));
    const result = await store.append(moving('router', 0, 1, event(), open(), event({}, KEY)));
    expect(result).toEqual({ kind: 'duplicate', seq: 1 });
    expect(store.head()).toBe(1);
    expect(await store.runs({ limit: 1 })).toEqual([]);
    expect((await store.checkpoint('router')).seq).toBe(0);
  });
}

function remembered(current: Current): void {
  test('is no key of a unit that was refused', async () => {
    const { store } = current();
    const refused = unit(event({}, KEY), advance(9_999, 1));
    expect(await store.append(refused)).toEqual({ kind: 'stale' });
    expect(kindsOf([await store.append(unit(event({}, KEY)))])).toEqual(['appended']);
  });

  test('is each key for 30 days, and not for 60', async () => {
    const { store } = current();
    await store.append(unit(event({}, KEY)));
    const later = async (days: number): Promise<string> => {
      return (await store.append(unit(event({ received: NOON + days * DAY_MS }, KEY)))).kind;
    };
    expect([await later(1), await later(11), await later(29)]).toEqual(Array(3).fill('duplicate'));
    expect([await later(60), await later(61)]).toEqual(['appended', 'duplicate']);
  });

  test('are keys of every day of the window', async () => {
    const { store } = current();
    const days = range(0, 28);
    const send = (day: number, received: number): ReturnType<typeof store.append> =>
      store.append(unit(event({ received }, { key: `day ${day}`, digest: 'd' })));
    for (const day of days) await send(day, NOON + day * DAY_MS);
    const results = await Promise.all(days.map((day) => send(day, NOON + 28 * DAY_MS)));
    expect(results).toEqual(days.map((day) => ({ kind: 'duplicate', seq: day + 1 })));
  });
}
