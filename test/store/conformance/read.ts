import { describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/contract.ts';
import { RARE_TYPES } from '../../../src/store/queries.ts';
import type { LogQuery } from '../../../src/store/queries.ts';
import { dedupeKey } from '../../../src/store/dedupe.ts';
import {
  firstOf,
  type OpenedStore,
  range,
  readAll,
  type StoreFixture,
  useStore,
} from './fixture.ts';
import { advance, event, open, unit } from './units.ts';

type Current = () => OpenedStore;

/** What reading the log promises. */
export function describeRead(name: string, fixture: StoreFixture): void {
  describe(`${name}: read`, () => {
    const current = useStore(fixture);
    describe('a page of the log', () => pages(current));
    describe('a page of some types only', () => types(current));
    describe('what a record caused', () => causes(current));
    describe('a stream', () => streams(current));
    describe('records by their seqs', () => singleRecords(current));
    describe('a foreign id', () => foreignIds(current));
  });
}

async function seqs(store: Store, query: Partial<LogQuery>): Promise<number[]> {
  const records = await store.read({ after: 0, limit: 100, ...query });
  return records.map(({ seq }) => seq);
}

function pages(current: Current): void {
  test('is empty for an empty log, and past its end', async () => {
    const { store } = current();
    expect(await seqs(store, {})).toEqual([]);
    await store.append(unit(event()));
    expect(await seqs(store, { after: 1 })).toEqual([]);
    expect(await seqs(store, { after: 99 })).toEqual([]);
    expect(await seqs(store, { newestFirst: true, after: 1 })).toEqual([]);
  });

  test('holds what comes after a seq, up to another one, at most so many', async () => {
    const { store } = current();
    await store.append(unit(...range(1, 20).map(() => event())));
    expect(await seqs(store, { limit: 3 })).toEqual([1, 2, 3]);
    expect(await seqs(store, { after: 3, limit: 3 })).toEqual([4, 5, 6]);
    expect(await seqs(store, { after: 17 })).toEqual([18, 19, 20]);
    expect(await seqs(store, { after: 5, until: 8 })).toEqual([6, 7, 8]);
    expect(await seqs(store, { after: 5, until: 5 })).toEqual([]);
    expect(await seqs(store, { limit: 0 })).toEqual([]);
  });

  test('counts down from the head, or from where it is told', async () => {
    const { store } = current();
    await store.append(unit(...range(1, 20).map(() => event())));
    const newestFirst = true;
    expect(await seqs(store, { newestFirst, limit: 3 })).toEqual([20, 19, 18]);
    expect(await seqs(store, { newestFirst, limit: 3, until: 17 })).toEqual([17, 16, 15]);
    expect(await seqs(store, { newestFirst, after: 17 })).toEqual([20, 19, 18]);
    expect(await seqs(store, { newestFirst, after: 5, until: 8 })).toEqual([8, 7, 6]);
  });

  test('may be shorter than asked for, and the next one goes on where it ends', async () => {
    const { store } = current();
    const count = 2_345;
    await store.append(unit(...range(1, count).map(() => event())));
    const read: number[] = [];
    for (let page = await seqs(store, { limit: 9_999 }); page.length > 0;) {
      read.push(...page);
      page = await seqs(store, { limit: 9_999, after: read.length });
    }
    expect(read).toEqual(range(1, count));
  });

  test('ends early where records are large, but never before its first', async () => {
    const { store } = current();
    const data = `"${'x'.repeat(6_000_000)}"`;
    for (let n = 0; n < 6; n++) await store.append(unit(event({ data })));
    const up = await seqs(store, {});
    expect(up).toEqual(range(1, up.length));
    expect(up.length).toBeLessThan(6);
    const down = await seqs(store, { newestFirst: true });
    expect(down).toEqual(range(7 - down.length, 6).toReversed());
    expect(down.length).toBeLessThan(6);
    expect((await readAll(store)).map(({ seq }) => seq)).toEqual(range(1, 6));
  });
}

function types(current: Current): void {
  const names = [
    'git.pushed',
    'git.',
    'git',
    'gitx',
    'Git.pushed',
    'git_pushed',
    'g%t.x',
    'daemon.started',
  ];

  test.each([
    ['git.pushed', [1]],
    ['git', [3]],
    ['git.*', [1, 2]],
    ['git*', [1, 2, 3, 4, 6]],
    ['git_*', [6]],
    ['g%*', [7]],
    ['g_t*', []],
    ['*', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['nothing.*', []],
  ])('finds %s letter by letter', async (type, expected) => {
    const { store } = current();
    await store.append(unit(...names.map((name) => event({ type: name }))));
    expect(await seqs(store, { type })).toEqual(expected);
  });

  test('keeps its limits, both ways', async () => {
    const { store } = current();
    const mixed = range(1, 30).map((n) => event({ type: n % 3 === 0 ? 'a.b' : 'c.d' }));
    await store.append(unit(...mixed));
    expect(await seqs(store, { type: 'a.*', after: 3, limit: 3 })).toEqual([6, 9, 12]);
    expect(await seqs(store, { type: 'a.b', until: 7 })).toEqual([3, 6]);
    const down = { type: 'a.b', newestFirst: true, until: 20, limit: 2 };
    expect(await seqs(store, down)).toEqual([18, 15]);
  });

  test('finds the types that every start looks for', async () => {
    const { store } = current();
    await store.append(
      unit(...[...RARE_TYPES, 'a.b', ...RARE_TYPES].map((type) => event({ type }))),
    );
    for (const [i, type] of RARE_TYPES.entries()) {
      const both = [i + 1, RARE_TYPES.length + 2 + i];
      expect(await seqs(store, { type })).toEqual(both);
      expect(await seqs(store, { type, newestFirst: true, limit: 1 })).toEqual([both[1]]);
    }
  });
}

function causes(current: Current): void {
  test('are the events that name it', async () => {
    const { store } = current();
    await store.append(unit(event(), event()));
    await store.append(unit(...[1, 2, null, 1].map((causation) => event({ causation }))));
    expect(await seqs(store, { causation: 1 })).toEqual([3, 6]);
    expect(await seqs(store, { causation: 1, after: 3 })).toEqual([6]);
    expect(await seqs(store, { causation: 1, newestFirst: true, limit: 1 })).toEqual([6]);
    expect(await seqs(store, { causation: 5 })).toEqual([]);
  });
}

function streams(current: Current): void {
  test('is read from its first record to its last, without its neighbours', async () => {
    const { store } = current();
    const run = firstOf(await store.append(unit(open(), open())));
    const other = run + 1;
    let version = run;
    const own = [run];
    for (let n = 0; n < 5; n++) {
      version = firstOf(await store.append(unit(advance(run, version), event())));
      own.push(version);
    }
    await store.append(unit(advance(other, other)));
    const records = await store.readStream(run);
    expect(records.map(({ seq }) => seq)).toEqual(own);
    expect(records).toEqual((await readAll(store)).filter(({ stream }) => stream === run));
  });

  test('is empty where there is none', async () => {
    const { store } = current();
    await store.append(unit(event(), open()));
    expect(await store.readStream(1)).toEqual([]);
    expect(await store.readStream(99)).toEqual([]);
  });
}

function singleRecords(current: Current): void {
  test('come in order of seq, each once, and those that there are not do not', async () => {
    const { store } = current();
    await store.append(unit(event({ data: '1' }), open(), event({ data: '3' }), event()));
    const all = await readAll(store);
    expect(await store.readAt([])).toEqual([]);
    expect(await store.readAt([3, 99, 1, 0, 3, 2])).toEqual(all.slice(0, 3));
    expect(await store.readAt([5])).toEqual([]);
  });

  test('are all there, many of them and large ones', async () => {
    const { store } = current();
    const data = `"${'x'.repeat(6_000_000)}"`;
    for (const _ of range(1, 3)) await store.append(unit(event({ data })));
    await store.append(unit(...range(4, 1_500).map((n) => event({ data: `${n}` }))));
    const asked = range(1, 1_000);
    const records = await store.readAt(asked.toReversed());
    expect(records.map(({ seq }) => seq)).toEqual(asked);
    expect(records.map((record, i) => record.data === (i < 3 ? data : `${i + 1}`))).toEqual(
      asked.map(() => true),
    );
  });
}

function foreignIds(current: Current): void {
  const send = async (store: Store, source: string, id: string): Promise<number> => {
    const dedupe = dedupeKey({ type: 'a.b', source, id, data: '{}' });
    return firstOf(await store.append(unit(event({ source, id }, dedupe))));
  };

  test('leads to its record, the latest where several sources use it', async () => {
    const { store } = current();
    await send(store, 'a', 'order-1');
    const latest = await send(store, 'b', 'order-1');
    const other = await send(store, 'a', 'Order-1');
    expect(await store.findForeign('order-1')).toMatchObject({ seq: latest, source: 'b' });
    expect(await store.findForeign('Order-1')).toMatchObject({ seq: other });
  });

  test('leads nowhere where nobody used it', async () => {
    const { store } = current();
    expect(await store.findForeign('order-1')).toBeUndefined();
    await send(store, 'a', 'order-1');
    expect(await store.findForeign('order-2')).toBeUndefined();
  });
}
