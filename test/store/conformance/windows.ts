import { describe, expect, test } from 'vitest';
import type { Store, WindowRow, WindowWrite } from '../../../src/store/contract.ts';
import { type OpenedStore, range, type StoreFixture, useStore } from './fixture.ts';
import { advance, event, moving, windowOf } from './units.ts';

type Current = () => OpenedStore;

/** What a consumer's windows promise. */
export function describeWindows(name: string, fixture: StoreFixture): void {
  describe(`${name}: windows`, () => {
    const current = useStore(fixture);
    describe('a window', () => oneWindow(current));
    describe('the windows that are open', () => openWindows(current));
  });
}

/** Moves the router from one place to the next, with these windows. */
async function move(store: Store, from: number, ...windows: WindowWrite[]): Promise<string> {
  return (await store.append({ ...moving('router', from, from + 1), windows })).kind;
}

async function openOf(store: Store): Promise<WindowRow[]> {
  return store.windows({ limit: 100 });
}

async function dues(store: Store): Promise<number[]> {
  return (await openOf(store)).map(({ due }) => due);
}

function oneWindow(current: Current): void {
  test('opens, goes on and closes as the checkpoint moves', async () => {
    const { store } = current();
    expect(await openOf(store)).toEqual([]);
    expect(await move(store, 0, windowOf('k', 500))).toBe('appended');
    const row = { flow: 'build', key: 'k', due: 500, state: '{"of":"500"}' };
    expect(await openOf(store)).toEqual([row]);
    expect(await move(store, 1, windowOf('k', 300))).toBe('appended');
    expect(await openOf(store)).toEqual([{ ...row, due: 300, state: '{"of":"300"}' }]);
    expect(await move(store, 2)).toBe('appended');
    expect(await dues(store)).toEqual([300]);
    expect(await move(store, 3, windowOf('k', null))).toBe('appended');
    expect(await openOf(store)).toEqual([]);
    expect(await move(store, 4, windowOf('k', null), windowOf('l', 7))).toBe('appended');
    expect(await dues(store)).toEqual([7]);
  });

  test('keeps its key and its state byte for byte', async () => {
    const { store } = current();
    const [key, state] = [`'"\\{,}NULL 日本 👍`, `{"b": 1.0,"a":"\\u0000 '日本' 👍", "b":2}`];
    await move(store, 0, { flow: 'a "b"', key, columns: { due: 0, state } });
    expect(await openOf(store)).toEqual([{ flow: 'a "b"', key, due: 0, state }]);
  });

  test('stays as it is where the checkpoint does not move', async () => {
    const { store } = current();
    await move(store, 0, windowOf('a', 100), windowOf('b', 200));
    const change = [windowOf('a', null), windowOf('b', 900), windowOf('c', 300)];
    expect(await move(store, 7, ...change)).toBe('stale');
    const refused = { ...moving('router', 1, 2, event(), advance(9_999, 1)), windows: change };
    expect(await store.append(refused)).toEqual({ kind: 'stale' });
    expect(await dues(store)).toEqual([100, 200]);
  });

  test('is written with the records of its unit, beside those of other units', async () => {
    const { store } = current();
    const units = range(0, 49).map((from) => ({
      ...moving('router', from, from + 1, ...(from % 2 === 0 ? [event(), event()] : [])),
      windows: [windowOf(`k${from % 10}`, from), windowOf(`k${(from + 5) % 10}`, null)],
    }));
    const results = await Promise.all(units.map((each) => store.append(each)));
    expect(results.map(({ kind }) => kind)).toEqual(Array(50).fill('appended'));
    expect(store.head()).toBe(50);
    expect(await dues(store)).toEqual(range(45, 49));
  });
}

function openWindows(current: Current): void {
  test('come by flow and key, letter by letter, whenever they are due', async () => {
    const { store } = current();
    const names = ['b', 'B', 'a', '', 'ä', '~', '日', '👍'];
    const all = names.flatMap((key) => ['f', 'F'].map((flow) => windowOf(key, 5, flow)));
    await move(store, 0, ...all, windowOf('late', 6, 'Z'), windowOf('soon', 4, 'z'));
    const keys = (await openOf(store)).map(({ flow, key }) => flow + key);
    const sorted = ['', 'B', 'a', 'b', '~', 'ä', '日', '👍'];
    const of = (flow: string): string[] => sorted.map((key) => flow + key);
    expect(keys).toEqual([...of('F'), 'Zlate', ...of('f'), 'zsoon']);
  });

  test('come page by page', async () => {
    const { store } = current();
    await move(store, 0, ...range(1, 25).map((n) => windowOf(`k${n}`, n % 4, `flow ${n % 3}`)));
    const all = await openOf(store);
    expect(all).toHaveLength(25);
    const paged: WindowRow[] = [];
    for (;;) {
      const page = await store.windows({ limit: 4, after: paged.at(-1) });
      if (page.length === 0) break;
      paged.push(...page);
    }
    expect(paged).toEqual(all);
  });

  test('keep their places between pages, though events make them due at other times', async () => {
    const { store } = current();
    await move(store, 0, windowOf('a', 1), windowOf('b', 2), windowOf('c', 3), windowOf('d', 4));
    const first = await store.windows({ limit: 2 });
    await move(store, 1, windowOf('a', 9), windowOf('d', 0), windowOf('b', null));
    const second = await store.windows({ limit: 2, after: first.at(-1) });
    expect([...first, ...second].map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
  });
}
