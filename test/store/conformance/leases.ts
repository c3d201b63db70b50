import { describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/contract.ts';
import type { ClaimQuery, PageQuery } from '../../../src/store/queries.ts';
import { type OpenedStore, range, type StoreFixture, useStore } from './fixture.ts';
import { advance, open, unit } from './units.ts';

type Current = () => OpenedStore;

/** What `claimable` and `orphans` promise to those who look for work. */
export function describeLeases(name: string, fixture: StoreFixture): void {
  describe(`${name}: leases`, () => {
    const current = useStore(fixture);
    describe('runs that are due', () => dueRuns(current));
    describe('runs that a session left behind', () => leftBehind(current));
  });
}

async function claimable(store: Store, query: Partial<ClaimQuery> = {}): Promise<number[]> {
  const usual = { lane: 'build', state: 'queued', now: 1_000, limit: 100 } as const;
  return (await store.claimable({ ...usual, ...query })).map(({ id }) => id);
}

function dueRuns(current: Current): void {
  test('come in the order of their times, and of their births where these are equal', async () => {
    const { store } = current();
    const dues = [500, 100, 900, 100, 1_000, 1_001, 300];
    await store.append(unit(...dues.map((due) => open({ state: 'queued', due }))));
    expect(await claimable(store)).toEqual([2, 4, 7, 1, 3, 5]);
    expect(await claimable(store, { now: 300 })).toEqual([2, 4, 7]);
    expect(await claimable(store, { now: 99 })).toEqual([]);
  });

  test('come page by page', async () => {
    const { store } = current();
    const dues = range(1, 25).map((n) => open({ state: 'queued', due: n % 4 }));
    await store.append(unit(...dues));
    const all = await claimable(store);
    const paged: number[] = [];
    const query = { lane: 'build', state: 'queued', now: 1_000, limit: 4 } as const;
    let after: ClaimQuery['after'];
    for (;;) {
      const rows = await store.claimable({ ...query, after });
      const last = rows.at(-1);
      if (last === undefined) break;
      paged.push(...rows.map(({ id }) => id));
      after = { due: last.due ?? 0, id: last.id };
    }
    expect(paged).toEqual(all);
    expect(all).toHaveLength(25);
  });

  test('are those of one state', async () => {
    const { store } = current();
    const states = [
      ...(['queued', 'running', 'waiting', 'paused', 'succeeded'] as const),
      ...(['failed', 'noop', 'declined', 'cancelled', 'queued'] as const),
    ];
    await store.append(unit(...states.map((state) => open({ state, due: 1 }))));
    expect(await claimable(store)).toEqual([1, 10]);
    expect(await claimable(store, { state: 'waiting' })).toEqual([3]);
  });

  test('are those of one lane, whose name is compared letter by letter', async () => {
    const { store } = current();
    const lanes = ['build', 'Build', 'build ', 'büild', '', 'build'];
    await store.append(unit(...lanes.map((lane) => open({ lane, state: 'queued', due: 1 }))));
    expect(await claimable(store)).toEqual([1, 6]);
    expect(await claimable(store, { lane: 'Build' })).toEqual([2]);
    expect(await claimable(store, { lane: '' })).toEqual([5]);
    expect(await claimable(store, { lane: 'b' })).toEqual([]);
  });

  test('are none that wait for a person or are being worked on', async () => {
    const { store } = current();
    const waiting = { state: 'waiting' } as const;
    await store.append(unit(open({ state: 'waiting', due: null }), open({ due: null })));
    expect(await claimable(store, waiting)).toEqual([]);
    await store.append(unit(advance(1, 1, { state: 'waiting', due: 5 })));
    expect(await claimable(store, waiting)).toEqual([1]);
    await store.append(unit(advance(1, 3, { state: 'paused', due: 5 })));
    expect(await claimable(store, waiting)).toEqual([]);
    await store.append(unit(advance(1, 4, { state: 'queued', due: 6 })));
    expect(await claimable(store)).toEqual([1]);
    await store.append(unit(advance(1, 5, { due: null })));
    expect(await claimable(store)).toEqual([]);
  });
}

async function orphans(store: Store, query: Partial<PageQuery> = {}): Promise<number[]> {
  return (await store.orphans({ limit: 100, ...query })).map(({ id }) => id);
}

function leftBehind(current: Current): void {
  test('are under way in the name of another epoch, and come by id', async () => {
    const { store } = current();
    const own = store.identity.epoch;
    const gone = own + 1_000;
    await store.append(
      unit(
        open({ epoch: own }),
        open({ epoch: gone, lane: 'b' }),
        open({ epoch: gone, state: 'waiting' }),
        open({ epoch: gone, state: 'succeeded' }),
        open({ epoch: gone, state: 'paused' }),
        open({ epoch: gone, state: 'queued', due: 1 }),
        open({ epoch: gone + 1, lane: 'a', due: 7 }),
        open({ epoch: gone }),
      ),
    );
    expect(await orphans(store)).toEqual([2, 7, 8]);
    expect(await orphans(store, { limit: 2 })).toEqual([2, 7]);
    expect(await orphans(store, { limit: 2, after: 2 })).toEqual([7, 8]);
    expect(await orphans(store, { after: 8 })).toEqual([]);
  });

  test('are no longer left behind when somebody has taken them', async () => {
    const { store } = current();
    const { epoch } = store.identity;
    const gone = epoch + 1_000;
    await store.append(unit(open({ epoch: gone })));
    expect(await orphans(store)).toEqual([1]);
    const taken = { ...advance(1, 1, { epoch }), expectedEpoch: gone };
    await store.append(unit(taken));
    expect(await orphans(store)).toEqual([]);
  });
}
