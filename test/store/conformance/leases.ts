import { describe, expect, test } from 'vitest';
import type { ClaimQuery, Store } from '../../../src/store/contract.ts';
import { type OpenedStore, range, type StoreFixture, useStore } from './fixture.ts';
import { advance, open, unit } from './units.ts';

type Current = () => OpenedStore;

/** What `claimable` promises to those who look for work. */
export function describeLeases(name: string, fixture: StoreFixture): void {
  describe(`${name}: leases`, () => {
    const current = useStore(fixture);
    describe('runs that are due', () => dueRuns(current));
    describe('runs that a session left behind', () => orphans(current));
  });
}

async function claimable(store: Store, query: Partial<ClaimQuery> = {}): Promise<number[]> {
  const rows = await store.claimable({ now: 1_000, limit: 100, orphans: false, ...query });
  return rows.map(({ id }) => id);
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
    const dues = range(1, 25).map((n) => open({ due: n % 4 }));
    await store.append(unit(...dues));
    const all = await claimable(store);
    const paged: number[] = [];
    let after: ClaimQuery['after'];
    for (;;) {
      const rows = await store.claimable({ now: 1_000, limit: 4, orphans: false, after });
      const last = rows.at(-1);
      if (last === undefined) break;
      paged.push(...rows.map(({ id }) => id));
      after = { due: last.due ?? 0, id: last.id };
    }
    expect(paged).toEqual(all);
    expect(all).toHaveLength(25);
  });

  test('are open ones, of whatever state', async () => {
    const { store } = current();
    const states = ['queued', 'running', 'waiting', 'succeeded', 'failed'] as const;
    await store.append(unit(...states.map((state) => open({ state, due: 1 }))));
    expect(await claimable(store)).toEqual([1, 2, 3]);
  });

  test('are none that wait for a person or are being worked on', async () => {
    const { store } = current();
    await store.append(unit(open({ state: 'waiting', due: null }), open({ due: null })));
    expect(await claimable(store)).toEqual([]);
    await store.append(unit(advance(1, 1, { state: 'waiting', due: 5 })));
    expect(await claimable(store)).toEqual([1]);
    await store.append(unit(advance(1, 3, { due: null })));
    expect(await claimable(store)).toEqual([]);
  });
}

function orphans(current: Current): void {
  test('are under way in the name of another epoch, and come before what is due', async () => {
    const { store } = current();
    const own = store.identity.epoch;
    const gone = own + 1_000;
    await store.append(
      unit(
        open({ epoch: own, due: 7 }),
        open({ epoch: own, due: null }),
        open({ epoch: gone, due: null }),
        open({ epoch: gone, due: null, state: 'waiting' }),
        open({ epoch: gone, due: null, state: 'succeeded' }),
        open({ epoch: gone, due: null }),
      ),
    );
    expect(await claimable(store)).toEqual([1]);
    expect(await claimable(store, { orphans: true })).toEqual([3, 6, 1]);
    expect(await claimable(store, { orphans: true, limit: 2 })).toEqual([3, 6]);
  });

  test('are no longer left behind when somebody has taken them', async () => {
    const { store } = current();
    const { epoch } = store.identity;
    const gone = epoch + 1_000;
    await store.append(unit(open({ epoch: gone })));
    const taken = { ...advance(1, 1, { epoch }), expectedEpoch: gone };
    await store.append(unit(taken));
    expect(await claimable(store, { orphans: true })).toEqual([]);
  });
}
