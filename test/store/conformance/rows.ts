import { describe, expect, test } from 'vitest';
import {
  END_STATES,
  OPEN_STATES,
  type OpenWrite,
  type RunState,
  type Store,
} from '../../../src/store/contract.ts';
import type { RunQuery } from '../../../src/store/queries.ts';
import { firstOf, type OpenedStore, range, type StoreFixture, useStore } from './fixture.ts';
import { advance, columns, event, NOON, open, unit } from './units.ts';

type Current = () => OpenedStore;

/** What the rows of runs promise. */
export function describeRows(name: string, fixture: StoreFixture): void {
  describe(`${name}: rows`, () => {
    const current = useStore(fixture);
    describe('a run', () => oneRun(current));
    describe('a list of runs', () => lists(current));
  });
}

function oneRun(current: Current): void {
  test('is born with its origin and its columns', async () => {
    const { store } = current();
    const row = {
      flow: 'deploy "it"',
      catalog: 'c2',
      event: 1,
      correlation: 'sb12345678-1',
      hops: 4,
      started: NOON + 7,
      lane: 'deploy/"it"',
      parent: 5,
      fork: 8,
      branch: 0,
      state: 'waiting',
      at: '2/else/0',
      attempt: 3,
      due: NOON + 3_600_000,
      epoch: 12,
      crashes: 2,
      ended: NOON + 9,
      reason: 'because',
    } as const;
    const id = firstOf(await store.append(unit(event(), open(row)))) + 1;
    expect(await store.run(id)).toEqual({ ...row, id, version: id });
  });

  test('is changed by an advance in its columns only', async () => {
    const { store } = current();
    const id = firstOf(await store.append(unit(open({ due: NOON, reason: 'why' }))));
    const before = await store.run(id);
    const next = {
      state: 'failed',
      at: '',
      attempt: 9,
      due: null,
      ended: NOON,
      reason: null,
    } as const;
    const version = firstOf(await store.append(unit(advance(id, id, { ...next, crashes: 1 }))));
    expect(await store.run(id)).toEqual({ ...before, ...columns(), ...next, crashes: 1, version });
  });

  test.each([...OPEN_STATES, ...END_STATES])('may be %s', async (state) => {
    const { store } = current();
    await store.append(unit(open({ state })));
    expect(await store.run(1)).toMatchObject({ state });
    await store.append(unit(open(), advance(1, 1, { state })));
    expect(await store.run(1)).toMatchObject({ state, version: 3 });
    expect((await store.runs({ state, limit: 9 })).map(({ id }) => id)).toContain(1);
  });

  test('is unknown where none was opened', async () => {
    const { store } = current();
    await store.append(unit(event()));
    expect(await store.run(1)).toBeUndefined();
    expect(await store.run(99)).toBeUndefined();
  });
}

async function ids(store: Store, query: Partial<RunQuery> = {}): Promise<number[]> {
  return (await store.runs({ limit: 100, ...query })).map(({ id }) => id);
}

function lists(current: Current): void {
  test('begins with the newest, and goes on before the last one seen', async () => {
    const { store } = current();
    expect(await ids(store)).toEqual([]);
    await store.append(unit(...range(1, 25).map(() => open())));
    expect(await ids(store)).toEqual(range(1, 25).toReversed());
    expect(await ids(store, { limit: 10 })).toEqual(range(16, 25).toReversed());
    expect(await ids(store, { limit: 10, before: 16 })).toEqual(range(6, 15).toReversed());
    expect(await ids(store, { before: 1 })).toEqual([]);
  });

  test('holds the runs of a state, a flow or an event', async () => {
    const { store } = current();
    await store.append(
      unit(
        open({ flow: 'a', event: 100, state: 'succeeded' }),
        open({ flow: 'A', event: 100, state: 'running' }),
        open({ flow: 'a', event: 200, state: 'running' }),
        open({ flow: 'ab', event: 200, state: 'queued' }),
      ),
    );
    expect(await ids(store, { flow: 'a' })).toEqual([3, 1]);
    expect(await ids(store, { flow: 'a*' })).toEqual([4, 3, 1]);
    expect(await ids(store, { flow: 'b*' })).toEqual([]);
    expect(await ids(store, { state: 'running' })).toEqual([3, 2]);
    expect(await ids(store, { event: 100 })).toEqual([2, 1]);
    expect(await ids(store, { flow: 'a', state: 'running', event: 200 })).toEqual([3]);
    expect(await ids(store, { flow: 'a', state: 'failed' })).toEqual([]);
  });

  test('holds those that undo what they did, or only the others', async () => {
    const { store } = current();
    await store.append(
      unit(
        open({ state: 'running', at: 'undo.0' }),
        open({ state: 'waiting', at: 'undo.1.then.0' }),
        open({ state: 'paused', at: 'undo.0' }),
        open({ state: 'compensated', at: 'undo.0' }),
        open({ state: 'running', at: '1' }),
      ),
    );
    expect(await ids(store, { undoing: true })).toEqual([2, 1]);
    expect(await ids(store, { undoing: false })).toEqual([5]);
    expect(await ids(store, { state: 'paused' })).toEqual([3]);
  });

  test('is counted by flow and catalog', async () => {
    const { store } = current();
    const counts = async (): Promise<string[]> => {
      const found = await store.openRunsByFlow();
      return found.map(({ flow, catalog, runs }) => `${flow} ${catalog} ${runs}`).toSorted();
    };
    expect(await counts()).toEqual([]);
    const pinned = (flow: string, catalog: string, state: RunState = 'running'): OpenWrite =>
      open({ flow, catalog, state });
    await store.append(
      unit(
        pinned('a', 'c1'),
        pinned('a', 'c1', 'queued'),
        pinned('a', 'c2', 'waiting'),
        pinned('b', 'c1'),
        pinned('b', 'c2', 'failed'),
        pinned('c', 'c1', 'noop'),
      ),
    );
    expect(await counts()).toEqual(['a c1 2', 'a c2 1', 'b c1 1']);
    await store.append(unit(advance(1, 1, { state: 'succeeded' })));
    await store.append(unit(advance(4, 4, { state: 'failed' })));
    expect(await counts()).toEqual(['a c1 1', 'a c2 1']);
  });
}
