import { describe, expect, test } from 'vitest';
import type { LogRecord, Store } from '../../../src/store/contract.ts';
import {
  clientsOf,
  firstOf,
  kindsOf,
  type OpenedStore,
  range,
  readAll,
  type StoreFixture,
  useStore,
} from './fixture.ts';
import { advance, event, moving, open, unit } from './units.ts';

type Current = () => OpenedStore;

/** What `append` and `onCommitted` promise. */
export function describeAppend(name: string, fixture: StoreFixture): void {
  describe(`${name}: append`, () => {
    const current = useStore(fixture);
    describe('the order of the log', () => orderOfTheLog(current));
    describe('several clients', () => severalClients(current));
    describe('a unit', () => wholeUnits(current));
    describe('an advance', () => advances(current));
    describe('what listens', () => listeners(current));
  });
}

function orderOfTheLog(current: Current): void {
  test('counts from 1, in the order of the calls', async () => {
    const { store } = current();
    const results = [];
    for (const n of range(1, 5)) results.push(await store.append(unit(event({ data: `${n}` }))));
    expect(results.map(firstOf)).toEqual([1, 2, 3, 4, 5]);
    const records = await readAll(store);
    expect(records.map(({ seq, data }) => [seq, data])).toEqual(
      range(1, 5).map((n) => [n, `${n}`]),
    );
  });

  test('keeps the order of calls that do not wait for each other', async () => {
    const { store } = current();
    const units = range(1, 2_500).map((n) => unit(event({ data: `${n}` })));
    const results = await Promise.all(units.map((each) => store.append(each)));
    expect(results.map(firstOf)).toEqual(range(1, 2_500));
    const records = await readAll(store);
    expect(records.map(({ data }) => Number(data))).toEqual(range(1, 2_500));
  });

  test('has no gap where units were refused', async () => {
    const { store } = current();
    const units = range(1, 300).map((n) =>
      unit(event(), ...(n % 3 === 0 ? [advance(9_999, 1)] : [])),
    );
    const results = await Promise.all(units.map((each) => store.append(each)));
    expect(results.filter(({ kind }) => kind === 'stale')).toHaveLength(100);
    const records = await readAll(store);
    expect(records.map(({ seq }) => seq)).toEqual(range(1, 200));
  });

  test('ends at head', async () => {
    const { store } = current();
    expect(store.head()).toBe(0);
    await store.append(unit(event(), event(), event()));
    expect(store.head()).toBe(3);
  });

  test('counts the units that wait for their commit', async () => {
    const { store } = current();
    expect(store.pending()).toBe(0);
    const appended = range(1, 7).map(() => store.append(unit(event())));
    expect(store.pending()).toBe(7);
    await Promise.all(appended);
    // The last acknowledgement is given before the group itself is over.
    await store.append(unit(event()));
    expect(store.pending()).toBeLessThanOrEqual(1);
  });
}

function severalClients(current: Current): void {
  test('write one dense log, which each reader sees once, in order and for good', async () => {
    const clients = await clientsOf(current(), 4);
    const total = 3_000;
    const seen = clients.map((client) => follow(client, total));
    const written = await Promise.all(
      clients.map((client, i) => produce(client, i, total / clients.length)),
    );

    const log = await readAll(current().store);
    expect(log.map(({ seq }) => seq)).toEqual(range(1, total));
    for (const records of await Promise.all(seen)) expect(records).toEqual(log);
    for (const { first, data } of written.flat()) {
      const stored = log.slice(first - 1, first - 1 + data.length);
      expect(stored.map((record) => record.data)).toEqual(data);
    }
  });

  test('see what any of them has acknowledged', async () => {
    const clients = await clientsOf(current(), 3);
    for (const writer of clients) {
      const first = firstOf(await writer.append(unit(event())));
      for (const reader of clients) {
        const records = await reader.read({ after: first - 1, limit: 10 });
        expect(records.map(({ seq }) => seq)).toEqual([first]);
      }
    }
  });
}

interface Written {
  readonly first: number;
  readonly data: readonly string[];
}

/** Appends `count` records in units of one to three, sixteen calls at a time. */
async function produce(store: Store, client: number, count: number): Promise<Written[]> {
  const written: Written[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const size = Math.min(1 + (next % 3), count - next);
      const data = range(next, next + size - 1).map((n) => `[${client},${n}]`);
      next += size;
      const result = await store.append(unit(...data.map((each) => event({ data: each }))));
      written.push({ first: firstOf(result), data });
    }
  };
  await Promise.all(range(1, 16).map(worker));
  return written;
}

/** Reads on from the last seq seen, until `total` records were seen. */
async function follow(store: Store, total: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  while (records.length < total) {
    records.push(...(await store.read({ after: records.at(-1)?.seq ?? 0, limit: 100 })));
    await turn();
  }
  return records;
}

/** Lets those have their turn who share this thread: a store may answer a reading without one. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function wholeUnits(current: Current): void {
  test('has its records next to each other', async () => {
    const { store } = current();
    const units = range(1, 50).map((n) => {
      return unit(...range(1, 4).map((part) => event({ data: `[${n},${part}]` })));
    });
    const results = await Promise.all(units.map((each) => store.append(each)));
    const records = await readAll(store);
    for (const [i, result] of results.entries()) {
      const data = records
        .slice(firstOf(result) - 1, firstOf(result) + 3)
        .map((record) => record.data);
      expect(data).toEqual(range(1, 4).map((part) => `[${i + 1},${part}]`));
    }
  });

  test('takes no seq where it only moves a checkpoint', async () => {
    const { store } = current();
    await store.append(unit(event()));
    expect(kindsOf([await store.append(moving('router', 0, 1))])).toEqual(['appended']);
    expect(store.head()).toBe(1);
    expect(firstOf(await store.append(unit(event())))).toBe(2);
  });

  test('leaves nothing behind where one of its writes is stale', async () => {
    const { store } = current();
    const run = firstOf(await store.append(unit(open())));
    const refused = moving('router', 0, 5, event(), open(), advance(run, run), advance(9_999, 1));
    expect(await store.append(refused)).toEqual({ kind: 'stale' });
    expect(store.head()).toBe(1);
    expect(await readAll(store)).toHaveLength(1);
    expect(await store.runs({ limit: 10 })).toHaveLength(1);
    expect((await store.run(run))?.version).toBe(run);
    expect((await store.checkpoint('router')).seq).toBe(0);
  });

  test('leaves its neighbours untouched where it is refused', async () => {
    const { store } = current();
    const run = firstOf(await store.append(unit(open())));
    const key = { key: 'k', digest: 'd' };
    const results = await Promise.all(
      [
        unit(event({ data: '1' }, key)),
        unit(event({ data: '2' }), advance(run, 9_999)),
        unit(event({ data: '3' })),
        unit(event({ data: '4' }, key)),
        moving('router', 77, 78, event({ data: '5' })),
        unit(event({ data: '6' }), advance(run, run)),
        unit(event({ data: '7' }, { ...key, digest: 'other' })),
        unit(event({ data: '8' })),
      ].map((each) => store.append(each)),
    );
    expect(kindsOf(results)).toEqual([
      'appended',
      'stale',
      'appended',
      'duplicate',
      'stale',
      'appended',
      'conflict',
      'appended',
    ]);
    const events = (await readAll(store)).filter(({ stream }) => stream === null);
    expect(events.map(({ data }) => data)).toEqual(['1', '3', '6', '8']);
  });
}

function advances(current: Current): void {
  test('appends to its stream and points to the record before', async () => {
    const { store } = current();
    const run = firstOf(await store.append(unit(event(), open()))) + 1;
    const second = firstOf(await store.append(unit(advance(run, run))));
    const third = firstOf(await store.append(unit(event(), advance(run, second)))) + 1;
    const records = await readAll(store);
    expect(records.map(({ seq, stream, prev }) => ({ seq, stream, prev }))).toEqual([
      { seq: 1, stream: null, prev: null },
      { seq: run, stream: run, prev: null },
      { seq: second, stream: run, prev: run },
      { seq: 4, stream: null, prev: null },
      { seq: third, stream: run, prev: second },
    ]);
  });

  test.each([
    ['the version is not the expected one', { version: 2 }],
    ['the epoch is not the expected one', { epoch: 2 }],
    ['there is no such run', { run: 9_999 }],
  ])('is stale where %s', async (_, { version, epoch = 1, run }: Record<string, number>) => {
    const { store } = current();
    const id = firstOf(await store.append(unit(open())));
    const write = advance(run ?? id, version ?? id, { epoch });
    expect(await store.append(unit(write))).toEqual({ kind: 'stale' });
    expect(kindsOf([await store.append(unit(advance(id, id)))])).toEqual(['appended']);
  });

  test('may hand the run to another epoch, which is then the expected one', async () => {
    const { store } = current();
    const run = firstOf(await store.append(unit(open())));
    const taken = { ...advance(run, run, { epoch: 7 }), expectedEpoch: 1 };
    const version = firstOf(await store.append(unit(taken)));
    expect(await store.append(unit(advance(run, version)))).toEqual({ kind: 'stale' });
    const again = await store.append(unit(advance(run, version, { epoch: 7 })));
    expect(again.kind).toBe('appended');
  });

  test('may pin the run to another catalog, as a part of its unit', async () => {
    const { store } = current();
    const run = firstOf(await store.append(unit(open({ catalog: 'one' }))));
    const pinned = { ...advance(run, run), catalog: 'two' };
    const refused = await store.append(unit(pinned, advance(9_999, 1)));
    expect(refused).toEqual({ kind: 'stale' });
    expect(await store.run(run)).toMatchObject({ catalog: 'one' });
    const version = firstOf(await store.append(unit(pinned)));
    expect(await store.run(run)).toMatchObject({ catalog: 'two', version });
    await store.append(unit(advance(run, version, { attempt: 2 })));
    expect(await store.run(run)).toMatchObject({ catalog: 'two', attempt: 2 });
  });

  test('has one winner of many that start from the same version', async () => {
    const clients = await clientsOf(current(), 4);
    let version = firstOf(await current().store.append(unit(open())));
    const run = version;
    for (const round of range(1, 20)) {
      const attempts = clients.flatMap((client) => range(1, 8).map(() => client));
      const results = await Promise.all(
        attempts.map((client) =>
          client.append(unit(event(), advance(run, version, { attempt: round }))),
        ),
      );
      const winners = results.filter(({ kind }) => kind === 'appended').map(firstOf);
      expect(winners).toHaveLength(1);
      version = (winners[0] ?? 0) + 1;
      expect(await current().store.run(run)).toMatchObject({ version, attempt: round });
    }
    expect(current().store.head()).toBe(41);
  });
}

function listeners(current: Current): void {
  test('hears of each record once, in order, as it is read later', async () => {
    const { store } = current();
    const heard: LogRecord[] = [];
    store.onCommitted((records) => heard.push(...records));
    const run = firstOf(await store.append(unit(open())));
    const units = range(1, 500).map((n) => {
      return n % 7 === 0 ? unit(event(), advance(9_999, n)) : unit(event({ data: `${n}` }));
    });
    units.splice(200, 0, unit(advance(run, run, { attempt: 2 })));
    await Promise.all(units.map((each) => store.append(each)));
    expect(heard).toEqual(await readAll(store));
  });

  test('hears of a record before its append resolves and when it can be read', async () => {
    const { store } = current();
    const heard: number[] = [];
    const read: Promise<LogRecord[]>[] = [];
    store.onCommitted((records) => {
      heard.push(...records.map(({ seq }) => seq));
      read.push(store.read({ after: (records[0]?.seq ?? 0) - 1, limit: records.length }));
    });
    const appended = range(1, 20).map(async () => {
      const first = firstOf(await store.append(unit(event())));
      expect(heard).toContain(first);
    });
    await Promise.all(appended);
    const pages = await Promise.all(read);
    expect(pages.flat().map(({ seq }) => seq)).toEqual(range(1, 20));
  });

  test('hears what others listen to as well', async () => {
    const { store } = current();
    const heard: [number[], number[]] = [[], []];
    for (const into of heard) {
      store.onCommitted((records) => into.push(...records.map(({ seq }) => seq)));
    }
    await store.append(unit(event(), event()));
    expect(heard).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  test('hears of the records of all clients, in the one order of the log', async () => {
    const clients = await clientsOf(current(), 4);
    const total = 1_200;
    const heard = clients.map((client) => hearAll(client, total));
    await Promise.all(clients.map((client, i) => produce(client, i, total / clients.length)));
    const log = await readAll(current().store);
    for (const records of await Promise.all(heard)) expect(records).toEqual(log);
  });
}

/** Resolves to what `store` tells of, when that are `total` records. */
function hearAll(store: Store, total: number): Promise<LogRecord[]> {
  const heard: LogRecord[] = [];
  return new Promise((resolve) => {
    store.onCommitted((records) => {
      heard.push(...records);
      if (heard.length >= total) resolve(heard);
    });
  });
}
