import { describe, expect, test } from 'vitest';
import type { CursorRow, CursorWrite, Store, Unit } from '../../../src/store/contract.ts';
import { CURSORS_MAX } from '../../../src/store/unit-problem.ts';
import {
  clientsOf,
  kindsOf,
  type OpenedStore,
  range,
  readAll,
  type StoreFixture,
  useStore,
} from './fixture.ts';
import { advance, closing, cursorOf, event, moving, open, windowOf } from './units.ts';

type Current = () => OpenedStore;

const SOURCE = 'files:docs';

/** What the store promises of what sources remember. */
export function describeCursors(name: string, fixture: StoreFixture): void {
  describe(`${name}: cursors`, () => {
    const current = useStore(fixture);
    describe('what a source remembers', () => remembering(current));
    describe('a unit that is refused', () => refusals(current));
    describe('what sources remember', () => reading(current));
  });
}

async function remember(store: Store, ...cursors: CursorWrite[]): Promise<string> {
  return (await store.append({ writes: [], cursors })).kind;
}

async function remembered(store: Store, source = SOURCE): Promise<CursorRow[]> {
  return store.cursors({ source, limit: 1_000 });
}

/** As `key=value`. */
async function pairs(store: Store, source = SOURCE): Promise<string[]> {
  return (await remembered(store, source)).map(({ key, value }) => `${key}=${value}`);
}

function remembering(current: Current): void {
  test('is written with the event that it belongs to', async () => {
    const { store } = current();
    expect(await remembered(store)).toEqual([]);
    const result = await store.append({ writes: [event()], cursors: [cursorOf('a.md', '17')] });
    expect(result).toEqual({ kind: 'appended', first: 1 });
    expect(await remembered(store)).toEqual([{ key: 'a.md', value: '17' }]);
    expect(await readAll(store)).toHaveLength(1);
  });

  test('is written alone, and takes up no place in the log', async () => {
    const { store } = current();
    expect(await remember(store, cursorOf('a', '1'), cursorOf('b', '2'))).toBe('appended');
    expect(await pairs(store)).toEqual(['a=1', 'b=2']);
    expect(store.head()).toBe(0);
    expect(await store.append({ writes: [event()] })).toEqual({ kind: 'appended', first: 1 });
    expect(await remember(store)).toBe('appended');
  });

  test('is replaced, and forgotten, once or again', async () => {
    const { store } = current();
    await remember(store, cursorOf('a', '1'), cursorOf('b', '2'));
    expect(await remember(store, cursorOf('a', '3'), cursorOf('b', null))).toBe('appended');
    expect(await pairs(store)).toEqual(['a=3']);
    expect(await remember(store, cursorOf('b', null), cursorOf('never', null))).toBe('appended');
    expect(await pairs(store)).toEqual(['a=3']);
    expect(await remember(store, cursorOf('a', null), cursorOf('b', '4'))).toBe('appended');
    expect(await pairs(store)).toEqual(['b=4']);
  });

  test('is its own: another source has the same keys', async () => {
    const { store } = current();
    await remember(store, cursorOf('a', '1'), cursorOf('a', '2', 'poll:feed'));
    await remember(store, cursorOf('a', null));
    expect(await pairs(store)).toEqual([]);
    expect(await pairs(store, 'poll:feed')).toEqual(['a=2']);
    expect(await pairs(store, 'poll:fee')).toEqual([]);
  });

  test('keeps its source, its keys and its values byte for byte', async () => {
    const { store } = current();
    const [source, key] = [`a "b"\\{,}`, `'"\\{,}NULL 日本 👍`];
    const value = `{"b": 1.0,"a":"\\u0000 '日本' 👍", "b":2}`;
    await remember(store, { source, key, value }, { source, key: 'NULL', value: '' });
    await remember(store, { source, key: '', value: 'NULL' });
    const rows = [
      { key: '', value: 'NULL' },
      { key, value },
      { key: 'NULL', value: '' },
    ];
    expect(await remembered(store, source)).toEqual(rows);
  });

  test('moves beside a checkpoint and its windows, in one unit', async () => {
    const { store } = current();
    const unit = {
      ...moving('router', 0, 5, event(), open()),
      windows: [windowOf('k', 7), windowOf('l', 8)],
      cursors: [cursorOf('a', '1'), cursorOf('b', '2')],
    };
    expect(
      kindsOf(await Promise.all([unit, { writes: [event()] }].map((u) => store.append(u)))),
    ).toEqual(['appended', 'appended']);
    expect(await pairs(store)).toEqual(['a=1', 'b=2']);
    expect((await store.windows({ limit: 9 })).map(({ due }) => due)).toEqual([7, 8]);
    expect(store.head()).toBe(3);
  });

  test('is what the last of many units said, also where they come at once', async () => {
    const { store } = current();
    const units = range(1, 60).map((n): Unit => {
      const cursors = [cursorOf(`k${n % 3}`, n % 2 === 0 ? `${n}` : null), cursorOf('all', `${n}`)];
      return { writes: n % 4 === 0 ? [event(), event()] : [], cursors };
    });
    const results = await Promise.all(units.map((unit) => store.append(unit)));
    expect(new Set(kindsOf(results))).toEqual(new Set(['appended']));
    expect(await pairs(store)).toEqual(['all=60', 'k0=60', 'k1=58']);
    expect(store.head()).toBe(30);
  });

  test('is seen by every client', async () => {
    const [first, ...others] = await clientsOf(current(), 2);
    if (first === undefined) throw new Error('There is no store.');
    await remember(first, cursorOf('a', '1'));
    for (const other of others) expect(await pairs(other)).toEqual(['a=1']);
  });
}

function refusals(current: Current): void {
  const changes = [cursorOf('a', null), cursorOf('b', '9'), cursorOf('c', '3')];

  test.each([
    ['a duplicate', { writes: [event(), event({}, { key: 'k', digest: 'd' })] }],
    ['a conflict', { writes: [event({}, { key: 'k', digest: 'other' }), event()] }],
    ['a stale version', { writes: [event(), advance(9_999, 1)] }],
    ['a letter that is closed', { writes: [event(), closing(9_999)] }],
    ['a checkpoint elsewhere', moving('router', 7, 8, event())],
    ['a checkpoint elsewhere, with no writes', moving('router', 7, 8)],
  ])('leaves them as they are: %s', async (_, refused: Unit) => {
    const { store } = current();
    await store.append({ writes: [event({}, { key: 'k', digest: 'd' })] });
    await remember(store, cursorOf('a', '1'), cursorOf('b', '2'));
    const kept = { writes: [event()], cursors: [cursorOf('d', '4')] };
    const all = [{ ...refused, cursors: changes }, kept].map((unit) => store.append(unit));
    const [first, second] = kindsOf(await Promise.all(all));
    expect(['duplicate', 'conflict', 'stale']).toContain(first);
    expect(second).toBe('appended');
    expect(await pairs(store)).toEqual(['a=1', 'b=2', 'd=4']);
    expect(store.head()).toBe(2);
  });

  test('says twice what one key holds, or more than it may', async () => {
    const { store } = current();
    await remember(store, cursorOf('a', '1'));
    const twice = remember(store, cursorOf('a', '2'), cursorOf('b', '2'), cursorOf('a', null));
    await expect(twice).rejects.toMatchObject({ code: 'store.unit_invalid' });
    const many = range(0, CURSORS_MAX).map((n) => cursorOf(`k${n}`, '1'));
    await expect(remember(store, ...many)).rejects.toMatchObject({ code: 'store.unit_invalid' });
    expect(await pairs(store)).toEqual(['a=1']);
    expect(await remember(store, cursorOf('a', '2'), cursorOf('a', '2', 'poll:feed'))).toBe(
      'appended',
    );
  });
}

function reading(current: Current): void {
  test('comes in the order of the keys, code point by code point', async () => {
    const { store } = current();
    const sorted = ['', 'B', 'B ', 'a', 'a/b', 'ab', 'b', '~', 'ä', '日', '\ufb01', '👍', '👍a'];
    const shuffled = sorted.toSorted((a, b) => a.length - b.length || (a < b ? 1 : -1));
    await remember(store, ...shuffled.map((key) => cursorOf(key, '1')));
    expect((await remembered(store)).map(({ key }) => key)).toEqual(sorted);
    for (const [i, after] of sorted.entries()) {
      const [next] = await store.cursors({ source: SOURCE, limit: 1, after });
      expect(next?.key).toBe(sorted[i + 1]);
    }
  });

  test('comes page by page, as many as a unit may have', async () => {
    const { store } = current();
    const all = range(1, CURSORS_MAX).map((n) => cursorOf(`k${n}`, `${n}`));
    await remember(store, ...all);
    await remember(store, ...all.slice(0, 9).map(({ key }) => cursorOf(key, 'x', 'poll:feed')));
    const paged: CursorRow[] = [];
    for (;;) {
      const page = await store.cursors({ source: SOURCE, limit: 300, after: paged.at(-1)?.key });
      if (page.length === 0) break;
      paged.push(...page);
    }
    expect(paged).toHaveLength(CURSORS_MAX);
    expect(paged).toEqual(await remembered(store));
  });
}
