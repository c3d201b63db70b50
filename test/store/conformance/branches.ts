import { describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/contract.ts';
import type { BranchQuery } from '../../../src/store/queries.ts';
import { type OpenedStore, range, type StoreFixture, useStore } from './fixture.ts';
import { advance, open, unit } from './units.ts';

type Current = () => OpenedStore;

/** What the store promises of runs that other runs open. */
export function describeBranches(name: string, fixture: StoreFixture): void {
  describe(`${name}: branches`, () => {
    const current = useStore(fixture);
    describe('the runs of a run', () => runsOfARun(current));
    describe('a list of runs', () => listsOfRuns(current));
  });
}

async function branches(store: Store, query: Partial<BranchQuery> = {}): Promise<number[]> {
  return (await store.branches({ parent: 1, limit: 100, ...query })).map(({ id }) => id);
}

function runsOfARun(current: Current): void {
  test('come by id, those of all its forks or of one', async () => {
    const { store } = current();
    await store.append(unit(open(), open()));
    const [parent, fork] = [1, 1];
    await store.append(
      unit(
        open({ parent, fork, branch: 0 }),
        open({ parent: 2, fork: 2, branch: 0 }),
        open({ parent, fork, branch: 1, state: 'succeeded' }),
        open({ parent, fork: 9, branch: null }),
        open({ parent, fork, branch: 2 }),
      ),
    );
    expect(await branches(store)).toEqual([3, 5, 6, 7]);
    expect(await branches(store, { fork })).toEqual([3, 5, 7]);
    expect(await branches(store, { fork: 9 })).toEqual([6]);
    expect(await branches(store, { fork: 2 })).toEqual([]);
    expect(await branches(store, { parent: 2 })).toEqual([4]);
    expect(await branches(store, { parent: 3 })).toEqual([]);
    await store.append(unit(advance(3, 3, { state: 'failed' })));
    expect(await branches(store, { fork })).toEqual([3, 5, 7]);
  });

  test('come page by page', async () => {
    const { store } = current();
    await store.append(unit(open()));
    await store.append(
      unit(...range(0, 24).map((branch) => open({ parent: 1, fork: 1 + (branch % 2), branch }))),
    );
    const pages = async (query: Partial<BranchQuery>): Promise<number[]> => {
      const paged: number[] = [];
      for (;;) {
        const page = await branches(store, { ...query, limit: 4, after: paged.at(-1) });
        if (page.length === 0) return paged;
        paged.push(...page);
      }
    };
    expect(await pages({})).toEqual(range(2, 26));
    expect(await pages({ fork: 2 })).toEqual(range(2, 26).filter((id) => id % 2 === 1));
  });
}

function listsOfRuns(current: Current): void {
  test('leaves out what is a branch of another run, unless it is asked for', async () => {
    const { store } = current();
    await store.append(
      unit(
        open({ event: 7 }),
        open({ event: 7, parent: 1, fork: 1, branch: 0 }),
        open({ event: 7, parent: 1, fork: 1, branch: 1, state: 'failed' }),
        open({ event: 7, parent: 1, fork: 1, branch: null }),
      ),
    );
    const ids = async (query: object): Promise<number[]> => {
      return (await store.runs({ limit: 100, ...query })).map(({ id }) => id);
    };
    expect(await ids({})).toEqual([4, 1]);
    expect(await ids({ branches: false })).toEqual([4, 1]);
    expect(await ids({ branches: true })).toEqual([4, 3, 2, 1]);
    expect(await ids({ event: 7, limit: 1, before: 4 })).toEqual([1]);
    expect(await ids({ branches: true, event: 7, limit: 2, before: 4 })).toEqual([3, 2]);
    expect(await ids({ state: 'failed' })).toEqual([]);
    expect(await ids({ state: 'failed', branches: true })).toEqual([3]);
  });
}
