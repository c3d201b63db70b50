import { describe, expect, test } from 'vitest';
import type { LogRecord, Store } from '../../../src/store/contract.ts';
import { firstOf, range, readAll } from '../conformance/fixture.ts';
import { advance, event, moving, open, unit } from '../conformance/units.ts';
import { type Database, useDatabases } from './database.ts';

const newDatabase = useDatabases();

/** Cuts every connection of every client, as a failing network or a fail-over would. */
const CUT = `SELECT count(*)::int AS cut FROM (
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name = 'signalbox' AND datname = current_database()
) AS terminated`;

interface Load {
  readonly stopped: Promise<Map<string, number>>;
  readonly stop: () => void;
}

/** Appends one unit after another, sixteen at a time, and remembers where each was recorded. */
function load(store: Store, client: number): Load {
  const acknowledged = new Map<string, number>();
  const stopping = new AbortController();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const data = `[${client},${++next}]`;
      acknowledged.set(data, firstOf(await store.append(unit(event({ data }), open()))));
    }
  };
  const stopped = Promise.all(range(1, 16).map(worker)).then(() => acknowledged);
  return {
    stopped,
    stop() {
      stopping.abort();
    },
  };
}

/** Cuts until `count` connections were cut, each time when the log has grown since. */
async function cutOften(database: Database, store: Store, count: number): Promise<void> {
  for (let cut = 0; cut < count;) {
    const [row] = await database.query(CUT);
    cut += Number(row?.['cut'] ?? 0);
    const head = store.head();
    while (store.head() <= head + 20) {
      await store.append(unit(event({ data: '"between"' })));
    }
  }
}

async function expectOnce(store: Store, loads: readonly Load[]): Promise<void> {
  const log = await readAll(store);
  expect(log.map(({ seq }) => seq)).toEqual(range(1, log.length));
  const recorded = new Map<string, number[]>();
  for (const { data, seq } of log) recorded.set(data, [...(recorded.get(data) ?? []), seq]);
  let units = 0;
  for (const { stopped } of loads) {
    for (const [data, first] of await stopped) {
      expect(recorded.get(data)).toEqual([first]);
      expect(log[first]?.stream).toBe(first + 1);
      units++;
    }
  }
  expect(units).toBeGreaterThan(100);
}

describe('an outage', () => {
  test('neither loses nor doubles a unit, however often connections are cut', async () => {
    const database = await newDatabase();
    const stores = [await database.open(), await database.open(), await database.open()];
    const heard: LogRecord[] = [];
    stores[1]?.onCommitted((records) => heard.push(...records));
    const loads = stores.map(load);
    await cutOften(database, await database.open(), 150);
    for (const each of loads) each.stop();
    for (const { stopped } of loads) await stopped;

    const reader = await database.open();
    await expectOnce(reader, loads);
    const log = await readAll(reader);
    while (heard.length < log.length) await stores[1]?.append(moving('last', 0, 0, event()));
    expect(heard.slice(0, log.length)).toEqual(log);
  });

  test('of the server itself is waited for, and nothing acknowledged is gone', async () => {
    const database = await newDatabase();
    const store = await database.open();
    const loads = [load(store, 1)];
    for (const round of range(1, 3)) {
      await store.append(unit(event({ data: `"before ${round}"` })));
      await database.crash();
      await store.append(unit(event({ data: `"after ${round}"` })));
    }
    for (const each of loads) each.stop();
    for (const { stopped } of loads) await stopped;
    await expectOnce(store, loads);
  });

  test('decides an advance once: the answer that was lost is the one that is given', async () => {
    const database = await newDatabase();
    const store = await database.open();
    const run = firstOf(await store.append(unit(open())));
    let version = run;
    for (const attempt of range(1, 60)) {
      const appended = store.append(unit(advance(run, version, { attempt })));
      const [result] = await Promise.all([appended, database.query(CUT)]);
      version = firstOf(result);
    }
    expect(await store.run(run)).toMatchObject({ version, attempt: 60 });
    expect(await store.readStream(run)).toHaveLength(61);
  });

  test('does not disturb who reads', async () => {
    const database = await newDatabase();
    const store = await database.open();
    await store.append(unit(...range(1, 50).map(() => event())));
    for (let n = 0; n < 30; n++) {
      const [records] = await Promise.all([readAll(store), database.query(CUT)]);
      expect(records).toHaveLength(50);
    }
  });
});
