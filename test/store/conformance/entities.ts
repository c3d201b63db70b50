import { describe, expect, test } from 'vitest';
import {
  clientsOf,
  firstOf,
  kindsOf,
  type OpenedStore,
  type StoreFixture,
  useStore,
} from './fixture.ts';
import { advance, entity, entityMove, event, NOON, open, unit } from './units.ts';

type Current = () => OpenedStore;

/** What streams promise that are no runs. */
export function describeEntities(name: string, fixture: StoreFixture): void {
  describe(`${name}: entities`, () => {
    const current = useStore(fixture);
    describe('a stream', () => streams(current));
    describe('of several who continue one', () => races(current));
    describe('a list', () => lists(current));
  });
}

function streams(current: Current): void {
  test('is named by its first record, and each record points to the one before', async () => {
    const { store } = current();
    await store.append(unit(event(), entity({ run: 7, data: `{"a":"'\\\\ 日本"}` })));
    const moved = entityMove(2, 2, { state: 'approved', ended: NOON, data: '{"b":1}' });
    await store.append(unit(event(), moved));
    const records = await store.readStream(2);
    expect(records.map(({ seq, stream, prev }) => ({ seq, stream, prev }))).toEqual([
      { seq: 2, stream: 2, prev: null },
      { seq: 4, stream: 2, prev: 2 },
    ]);
    const row = { id: 2, version: 4, kind: 'proposal', state: 'approved', run: 7, due: null };
    expect(await store.entity(2)).toEqual({ ...row, ended: NOON, data: '{"b":1}' });
    expect(await store.entity(1)).toBeUndefined();
  });

  test('takes part in a unit with a run, and both move or neither does', async () => {
    const { store } = current();
    await store.append(unit(open(), entity({ run: 1 })));
    const both = unit(entityMove(2, 2, { state: 'approved' }), advance(1, 1));
    expect(kindsOf([await store.append(both)])).toEqual(['appended']);
    const stale = unit(entityMove(2, 3, { state: 'returned' }), advance(1, 1));
    expect(kindsOf([await store.append(stale)])).toEqual(['stale']);
    const other = unit(entityMove(2, 2, { state: 'returned' }), advance(1, 4));
    expect(kindsOf([await store.append(other)])).toEqual(['stale']);
    expect(await store.entity(2)).toMatchObject({ state: 'approved', version: 3, run: 1 });
    expect(await store.run(1)).toMatchObject({ version: 4 });
    expect(store.head()).toBe(4);
  });

  test('is written about once by a unit', async () => {
    const { store } = current();
    await store.append(unit(entity()));
    const twice = store.append(unit(entityMove(1, 1), entityMove(1, 1)));
    await expect(twice).rejects.toMatchObject({ code: 'store.unit_invalid' });
  });
}

function races(current: Current): void {
  test('the first does, and the others find it as it is', async () => {
    const opened = current();
    const clients = await clientsOf(opened, 4);
    const id = firstOf(await opened.store.append(unit(entity())));
    const states = ['approved', 'rejected', 'returned', 'expired'];
    const results = await Promise.all(
      Array.from({ length: 16 }, (_, i) => {
        const client = clients[i % clients.length] ?? opened.store;
        return client.append(unit(entityMove(id, id, { state: states[i % 4] ?? '' })));
      }),
    );
    expect(kindsOf(results).filter((kind) => kind === 'appended')).toHaveLength(1);
    expect(kindsOf(results).filter((kind) => kind === 'stale')).toHaveLength(15);
    expect(await opened.store.readStream(id)).toHaveLength(2);
  });
}

function lists(current: Current): void {
  test('has the newest first, by state, run, and whether they are open', async () => {
    const { store } = current();
    await store.append(unit(entity({ run: 9 }), entity({ run: 8 }), entity({ run: 9 })));
    await store.append(unit(entityMove(1, 1, { state: 'rejected', ended: NOON })));
    const ids = async (query: object): Promise<number[]> =>
      (await store.entities({ kind: 'proposal', limit: 10, ...query })).map(({ id }) => id);
    expect(await ids({})).toEqual([3, 2, 1]);
    expect(await ids({ limit: 1, before: 3 })).toEqual([2]);
    expect(await ids({ open: true })).toEqual([3, 2]);
    expect(await ids({ state: 'rejected' })).toEqual([1]);
    expect(await ids({ run: 9 })).toEqual([3, 1]);
  });

  test('of those that are due stands in the order of their times', async () => {
    const { store } = current();
    await store.append(
      unit(entity({ due: 30 }), entity({ due: 10 }), entity(), entity({ due: 20 })),
    );
    const due = async (now: number, limit = 10): Promise<number[]> =>
      (await store.dueEntities({ kind: 'proposal', now, limit })).map(({ id }) => id);
    expect(await due(20)).toEqual([2, 4]);
    expect(await due(9)).toEqual([]);
    expect(await due(Number.MAX_SAFE_INTEGER, 1)).toEqual([2]);
  });
}
