import { describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/contract.ts';
import type { LetterQuery } from '../../../src/store/queries.ts';
import { LETTER_KINDS } from '../../../src/store/contract.ts';
import {
  clientsOf,
  firstOf,
  kindsOf,
  type OpenedStore,
  range,
  type StoreFixture,
  useStore,
} from './fixture.ts';
import {
  advance,
  closing,
  deadLetter,
  event,
  letterOf,
  moving,
  NOON,
  open,
  unit,
} from './units.ts';

type Current = () => OpenedStore;

/** What dead letters promise. */
export function describeLetters(name: string, fixture: StoreFixture): void {
  describe(`${name}: dead letters`, () => {
    const current = useStore(fixture);
    describe('a letter', () => oneLetter(current));
    describe('a closing', () => closings(current));
    describe('a list of letters', () => lists(current));
  });
}

function oneLetter(current: Current): void {
  test('is known by the seq of the event that carries it', async () => {
    const { store } = current();
    const letter = letterOf({ kind: 'event', run: null, step: null, message: `'"\\{,}NULL 日本` });
    const record = event({ type: 'event.dead_lettered', received: NOON + 5 }).record;
    await store.append(unit(event(), { kind: 'event', record, letter }, event()));
    const rest = { id: 2, at: NOON + 5, state: 'open', closed: null };
    expect(await store.letter(2)).toEqual({ ...letter, ...rest });
    expect(await store.letter(1)).toBeUndefined();
    expect(await store.letter(99)).toBeUndefined();
  });

  test('is known by the seq of the step of a run that carries it', async () => {
    const { store } = current();
    await store.append(unit(open()));
    const letter = letterOf({ kind: 'run', code: '', message: '' });
    const failed = advance(1, 1, { state: 'failed', ended: NOON });
    await store.append(unit(event(), { ...failed, letter }));
    const rest = { id: 3, at: NOON, state: 'open', closed: null };
    expect(await store.letter(3)).toEqual({ ...letter, ...rest });
    expect(await store.run(1)).toMatchObject({ state: 'failed', version: 3 });
  });

  test('is not written with a unit that is refused', async () => {
    const { store } = current();
    const refused = unit(deadLetter(), { ...advance(9_999, 1), letter: letterOf() });
    expect(await store.append(refused)).toEqual({ kind: 'stale' });
    const key = { key: 'k', digest: 'd' };
    expect((await store.append(unit({ ...deadLetter(), dedupe: key }))).kind).toBe('appended');
    const again = await store.append(unit({ ...deadLetter(), dedupe: key }));
    expect(again).toEqual({ kind: 'duplicate', seq: 1 });
    expect(await ids(store)).toEqual([1]);
  });
}

function closings(current: Current): void {
  test.each(['retried', 'dropped'] as const)('says that a letter was %s, once', async (state) => {
    const { store } = current();
    await store.append(unit(deadLetter(), deadLetter()));
    const seq = firstOf(await store.append(unit(event(), closing(2, state)))) + 1;
    expect(await store.letter(2)).toMatchObject({ id: 2, state, closed: seq });
    for (const again of ['retried', 'dropped'] as const) {
      expect(await store.append(unit(closing(2, again)))).toEqual({ kind: 'stale' });
    }
    expect(await store.letter(2)).toMatchObject({ state, closed: seq });
    expect(await store.letter(1)).toMatchObject({ state: 'open', closed: null });
    expect(store.head()).toBe(seq);
  });

  test('is stale where there is no such letter', async () => {
    const { store } = current();
    await store.append(unit(event()));
    for (const letter of [1, 2, 9_999]) {
      expect(await store.append(unit(closing(letter)))).toEqual({ kind: 'stale' });
    }
    expect(store.head()).toBe(1);
  });

  test('may be a letter itself', async () => {
    const { store } = current();
    await store.append(unit(deadLetter()));
    await store.append(unit({ ...closing(1), letter: letterOf({ attempts: 4 }) }));
    expect(await store.letter(1)).toMatchObject({ state: 'retried', closed: 2 });
    expect(await store.letter(2)).toMatchObject({ state: 'open', attempts: 4 });
  });

  test('is undone where another write of its unit is refused', async () => {
    const { store } = current();
    await store.append(unit(deadLetter(), deadLetter(), open()));
    const refusals = [
      unit(closing(1), advance(9_999, 1)),
      unit(closing(1), advance(3, 3), closing(9_999)),
      unit(closing(1), closing(2), closing(3)),
      moving('router', 7, 8, closing(1)),
    ];
    for (const refused of refusals) {
      expect(await store.append(refused)).toEqual({ kind: 'stale' });
    }
    expect(await ids(store, { state: 'open' })).toEqual([2, 1]);
    expect(await store.run(3)).toMatchObject({ version: 3 });
    expect((await store.append(unit(closing(1), closing(2), advance(3, 3)))).kind).toBe('appended');
    expect(await ids(store, { state: 'open' })).toEqual([]);
  });

  test('that is sent again is a duplicate, and nothing of it stays where it is stale', async () => {
    const { store } = current();
    await store.append(unit(deadLetter(), deadLetter()));
    const key = { key: 'k', digest: 'd' };
    const stale = { ...closing(9_999), dedupe: key };
    expect(await store.append(unit(stale))).toEqual({ kind: 'stale' });
    const seq = firstOf(await store.append(unit({ ...closing(1), dedupe: key })));
    const again = await store.append(unit({ ...closing(1), dedupe: key }));
    expect(again).toEqual({ kind: 'duplicate', seq });
    const other = await store.append(unit({ ...closing(2), dedupe: { ...key, digest: 'e' } }));
    expect(other).toEqual({ kind: 'conflict', seq });
    expect(await ids(store, { state: 'open' })).toEqual([2]);
  });

  test('has one winner of many', async () => {
    const clients = await clientsOf(current(), 4);
    await current().store.append(unit(...range(1, 20).map(() => deadLetter())));
    for (const letter of range(1, 20)) {
      const results = await Promise.all(
        clients.flatMap((client) =>
          range(1, 5).map(() => client.append(unit(event(), closing(letter)))),
        ),
      );
      const winners = results.filter(({ kind }) => kind === 'appended').map(firstOf);
      expect(winners).toHaveLength(1);
      const closed = (winners[0] ?? 0) + 1;
      expect(await current().store.letter(letter)).toMatchObject({ closed });
    }
  });

  test('sees what was closed in the same breath', async () => {
    const { store } = current();
    await store.append(unit(deadLetter(), deadLetter()));
    const units = [
      unit(closing(1)),
      unit(event(), closing(1, 'dropped')),
      unit(event()),
      unit(closing(2, 'dropped')),
    ];
    const results = await Promise.all(units.map((each) => store.append(each)));
    expect(kindsOf(results)).toEqual(['appended', 'stale', 'appended', 'appended']);
    expect(await store.letter(1)).toMatchObject({ state: 'retried', closed: 3 });
    expect(await store.letter(2)).toMatchObject({ state: 'dropped', closed: 5 });
  });
}

async function ids(store: Store, query: Partial<LetterQuery> = {}): Promise<number[]> {
  return (await store.letters({ limit: 100, ...query })).map(({ id }) => id);
}

function lists(current: Current): void {
  test('begins with the newest, and goes on before the last one seen', async () => {
    const { store } = current();
    expect(await ids(store)).toEqual([]);
    await store.append(unit(...range(1, 25).map(() => deadLetter())));
    expect(await ids(store)).toEqual(range(1, 25).toReversed());
    expect(await ids(store, { limit: 10 })).toEqual(range(16, 25).toReversed());
    for (const state of [undefined, 'open'] as const) {
      const page = await ids(store, { limit: 10, before: 16, state });
      expect(page).toEqual(range(6, 15).toReversed());
    }
    expect(await ids(store, { before: 1 })).toEqual([]);
  });

  test('holds the letters of a state, a kind or a flow', async () => {
    const { store } = current();
    await store.append(unit(...LETTER_KINDS.map((kind) => deadLetter({ kind }))));
    await store.append(unit(deadLetter({ flow: 'Build' }), deadLetter({ flow: 'build ' })));
    await store.append(unit(closing(1, 'dropped'), closing(5)));
    expect(await ids(store, { state: 'open' })).toEqual([6, 4, 3, 2]);
    expect(await ids(store, { state: 'dropped' })).toEqual([1]);
    expect(await ids(store, { state: 'retried' })).toEqual([5]);
    expect(await ids(store, { kind: 'step' })).toEqual([6, 5, 3]);
    expect(await ids(store, { kind: 'step', state: 'open' })).toEqual([6, 3]);
    expect(await ids(store, { flow: 'Build' })).toEqual([5]);
    expect(await ids(store, { flow: 'Build', state: 'open' })).toEqual([]);
    expect(await ids(store, { flow: 'build', kind: 'run' })).toEqual([2]);
    expect(await store.letters({ limit: 1, kind: 'event' })).toEqual([await store.letter(1)]);
  });
}
