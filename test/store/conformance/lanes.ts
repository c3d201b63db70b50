import { describe, expect, test } from 'vitest';
import {
  type LaneRow,
  OPEN_STATES,
  type OpenRuns,
  type Store,
} from '../../../src/store/contract.ts';
import { END_STATES } from '../../../src/store/contract.ts';
import type { LanesQuery } from '../../../src/store/queries.ts';
import { type OpenedStore, range, type StoreFixture, useStore } from './fixture.ts';
import { advance, open, unit } from './units.ts';
import { countOpen } from '../../../src/views/queue-view.ts';

const NONE: OpenRuns = { queued: 0, running: 0, waiting: 0, paused: 0 };
const NEVER = { queued: null, waiting: null };

/** What the store says of all that is open: by lane, and as a whole. */
export function describeLanes(name: string, fixture: StoreFixture): void {
  describe(`${name}: lanes`, () => {
    const current = useStore(fixture);
    describe('the open runs of all lanes', () => allLanes(current));
    describe('a lane', () => oneLane(current));
    describe('the open runs of some lanes', () => someLanes(current));
  });
}

async function lanesOf(store: Store): Promise<LaneRow[]> {
  return (await store.lanes()).toSorted((a, b) => (a.lane < b.lane ? -1 : 1));
}

function allLanes(current: () => OpenedStore): void {
  test('are counted by state, and what has ended is not', async () => {
    const { store } = current();
    expect(countOpen(await store.lanes())).toEqual(NONE);
    const states = [...OPEN_STATES, 'running', 'waiting', ...END_STATES] as const;
    await store.append(unit(...states.map((state, i) => open({ state, due: i % 2 ? i : null }))));
    expect(countOpen(await store.lanes())).toEqual({
      queued: 1,
      running: 2,
      waiting: 2,
      paused: 1,
    });
    await store.append(unit(advance(2, 2, { state: 'succeeded' })));
    expect(countOpen(await store.lanes())).toEqual({
      queued: 1,
      running: 1,
      waiting: 2,
      paused: 1,
    });
  });

  test.each(OPEN_STATES.flatMap((state) => [null, 5].map((due) => [state, due] as const)))(
    'hold a run once that is %s with due %s, wherever it comes from and goes to',
    async (state, due) => {
      const { store } = current();
      let version = 0;
      for (const from of OPEN_STATES) {
        for (const earlier of [null, 5]) {
          const born = await store.append(unit(open({ state: from, due: earlier })));
          const id = born.kind === 'appended' ? born.first : 0;
          version = id + 1;
          await store.append(unit(advance(id, id, { state, due })));
          expect(countOpen(await store.lanes())).toEqual({ ...NONE, [state]: 1 });
          await store.append(unit(advance(id, version, { state: 'cancelled', due: null })));
          expect(countOpen(await store.lanes())).toEqual(NONE);
          expect(await store.lanes()).toEqual([]);
        }
      }
    },
  );
}

function oneLane(current: () => OpenedStore): void {
  test('is there as long as it has an open run', async () => {
    const { store } = current();
    expect(await lanesOf(store)).toEqual([]);
    await store.append(unit(open({ lane: 'a' }), open({ lane: 'A' }), open({ lane: '' })));
    const running = { open: { ...NONE, running: 1 }, due: NEVER };
    const all = ['', 'A', 'a'].map((lane) => ({ lane, ...running }));
    expect(await lanesOf(store)).toEqual(all);
    await store.append(unit(advance(2, 2, { state: 'failed' })));
    expect(await lanesOf(store)).toEqual([all[0], all[2]]);
  });

  test('counts its runs by state and knows when the next of each kind is due', async () => {
    const { store } = current();
    const lane = 'deploy';
    await store.append(
      unit(
        ...[500, 300, 400, null].map((due) => open({ lane, state: 'queued', due })),
        ...[900, null, 700].map((due) => open({ lane, state: 'waiting', due })),
        open({ lane, state: 'paused', due: 1 }),
        open({ lane, state: 'running', due: 2 }),
        open({ lane: 'other', state: 'queued', due: 3 }),
        open({ lane, state: 'succeeded', due: 4 }),
      ),
    );
    const all = { queued: 4, running: 1, waiting: 3, paused: 1 };
    expect(await lanesOf(store)).toEqual([
      { lane, open: all, due: { queued: 300, waiting: 700 } },
      { lane: 'other', open: { ...NONE, queued: 1 }, due: { queued: 3, waiting: null } },
    ]);
    await store.append(unit(advance(2, 2), advance(7, 7, { state: 'waiting', due: null })));
    expect((await lanesOf(store))[0]).toEqual({
      lane,
      open: { queued: 3, running: 2, waiting: 3, paused: 1 },
      due: { queued: 400, waiting: 900 },
    });
  });

  test('is one of as many as there are', async () => {
    const { store } = current();
    await store.append(unit(...range(1, 2_500).map((n) => open({ lane: `lane ${n}` }))));
    expect(await store.lanes()).toHaveLength(2_500);
  });
}

function someLanes(current: () => OpenedStore): void {
  const inLanes = async (query: Partial<LanesQuery> = {}): Promise<number[]> => {
    const { store } = current();
    const found = await store.runsInLanes({ lanes: ['a', 'b'], limit: 100, ...query });
    return found.map(({ id }) => id);
  };

  test('come in the order of their ids, whatever they are at and when they are due', async () => {
    const { store } = current();
    const states = OPEN_STATES.flatMap((state) => [null, 9].map((due) => ({ state, due })));
    const ended = END_STATES.map((state) => open({ lane: 'a', state }));
    const others = ['A', 'a b', '', 'c'].map((lane) => open({ lane }));
    const late = states.toReversed().map((row) => open({ lane: 'b', ...row }));
    await store.append(
      unit(...ended, ...states.map((row) => open({ lane: 'a', ...row })), ...others, ...late),
    );
    const [a, b] = [ended.length + 1, ended.length + states.length + others.length + 1];
    const inA = range(a, a + states.length - 1);
    expect(await inLanes()).toEqual([...inA, ...range(b, b + states.length - 1)]);
    expect(await inLanes({ lanes: ['a'] })).toEqual(inA);
    expect(await inLanes({ lanes: [] })).toEqual([]);
    const [row] = await store.runsInLanes({ lanes: ['a'], limit: 1 });
    expect(row).toEqual(await store.run(a));
  });

  test('are those that are open now', async () => {
    const { store } = current();
    const queued = { state: 'queued', due: 5 } as const;
    await store.append(unit(open({ lane: 'a', ...queued }), open({ lane: 'a' })));
    await store.append(unit(advance(1, 1), advance(2, 2, { state: 'succeeded' })));
    expect(await inLanes()).toEqual([1]);
  });

  test('come page by page', async () => {
    const { store } = current();
    const rows = range(1, 25).map((n) => {
      const lane = n % 3 === 0 ? 'a' : 'b';
      return open(n % 2 === 0 ? { lane } : { lane, state: 'waiting', due: 50 - n });
    });
    await store.append(unit(...rows));
    const paged: number[] = [];
    for (;;) {
      const page = await inLanes({ limit: 4, after: paged.at(-1) });
      if (page.length === 0) break;
      paged.push(...page);
    }
    expect(paged).toEqual(range(1, 25));
  });
}
