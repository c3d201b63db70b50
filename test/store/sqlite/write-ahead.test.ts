import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { SystemClock } from '../../../src/std/clock.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import type { AppendResult, Store, Unit } from '../../../src/store/contract.ts';
import {
  type SqliteDatabase,
  type SqliteDriver,
  loadDriver,
} from '../../../src/store/sqlite/driver.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { readAll } from '../conformance/fixture.ts';
import { event } from '../conformance/units.ts';

const driver = await loadDriver();

/** What the database is told, in order: transactions, and reads of the log. */
let told: string[] = [];
/** Answers `true` for the statement that is to meet a full disk. */
let meetsFullDisk: (sql: string) => boolean = () => false;

const watched: SqliteDriver = {
  name: 'watched',
  open: (path) => watch(driver.open(path)),
};

function watch(db: SqliteDatabase): SqliteDatabase {
  const hear = (sql: string): void => {
    if (/^(BEGIN|COMMIT|ROLLBACK)/.test(sql)) told.push(sql.split(' ')[0] ?? '');
    if (sql.startsWith('INSERT INTO events')) told.push('insert');
    if (sql.startsWith('SELECT * FROM events')) told.push('read');
    if (meetsFullDisk(sql))
      throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
  };
  return {
    exec(sql) {
      hear(sql);
      db.exec(sql);
    },
    prepare(sql) {
      const statement = db.prepare(sql);
      return {
        run(...values) {
          hear(sql);
          return statement.run(...values);
        },
        get: (...values) => statement.get(...values),
        all(...values) {
          hear(sql);
          return statement.all(...values);
        },
      };
    },
    close: () => db.close(),
  };
}

async function open(): Promise<Store> {
  const store = await openSqliteStore({
    path: ':memory:',
    driver: watched,
    clock: new SystemClock(),
  });
  told = [];
  return store;
}

/** The same on disk, beside a witness. */
async function openIn(folder: string, clock: SimulatedClock): Promise<Store> {
  mkdirSync(folder, { recursive: true });
  const [path, witnessPath] = [join(folder, 'signalbox.db'), join(folder, 'witness')];
  const store = await openSqliteStore({ path, witnessPath, driver: watched, clock });
  told = [];
  return store;
}

function units(count: number): Unit[] {
  return Array.from({ length: count }, (_, n) => ({ writes: [event({ data: `{"n":${n}}` })] }));
}

function appendAll(store: Store, count: number): Promise<AppendResult[]> {
  return Promise.all(units(count).map((unit) => store.append(unit)));
}

beforeEach(() => {
  meetsFullDisk = () => false;
});

describe('many units that come at once', () => {
  test('are written while they come, and become durable together', async () => {
    const store = await open();
    const all = appendAll(store, 100);
    // Nobody has waited for anything yet.
    expect(told).toEqual(['BEGIN', ...told.slice(1).map(() => 'insert')]);
    expect(told.length).toBeGreaterThan(32);
    expect(store.head()).toBe(0);
    expect(store.pending()).toBe(100);
    const results = await all;
    expect(results).toEqual(results.map((_, n) => ({ kind: 'appended', first: n + 1 })));
    expect(told.filter((word) => word !== 'insert')).toEqual(['BEGIN', 'COMMIT']);
    expect((await readAll(store)).map(({ data }) => data)).toEqual(
      Array.from({ length: 100 }, (_, n) => `{"n":${n}}`),
    );
    await store.close();
  });

  test('are durable before a question that comes after them is asked', async () => {
    const store = await open();
    const all = appendAll(store, 100);
    const records = await store.read({ after: 0, limit: 1_000 });
    expect(records).toHaveLength(100);
    expect(told.filter((word) => word !== 'insert')).toEqual(['BEGIN', 'COMMIT', 'read']);
    expect(await all).toHaveLength(100);
    await store.close();
  });

  test('are nothing that the witness knows of before they are durable', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-witness-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const clock = new SimulatedClock();
    const store = await openIn(join(folder, 'live'), clock);
    await store.append({ writes: [event()] });
    const all = appendAll(store, 100);
    clock.advance(1_000);
    expect(told.filter((word) => word !== 'insert')).toEqual(['BEGIN', 'COMMIT', 'BEGIN']);
    // What a process leaves that is killed now.
    cpSync(join(folder, 'live'), join(folder, 'left'), { recursive: true });
    await all;
    await store.close();
    const next = await openIn(join(folder, 'left'), clock);
    expect(next.head()).toBe(1);
    await next.close();
  });

  test('more than a group holds become several', async () => {
    const store = await open();
    const results = await appendAll(store, 2_500);
    expect(results.at(-1)).toEqual({ kind: 'appended', first: 2_500 });
    expect(told.filter((word) => word === 'COMMIT').length).toBeGreaterThanOrEqual(3);
    expect(told.filter((word) => word === 'COMMIT').length).toBeLessThan(8);
    await store.close();
  });

  test.each([
    ['when it is made durable', 'COMMIT'],
    ['while it is written', 'INSERT INTO events'],
  ])('say all of them that the disk is full %s, and can be written again', async (_, at) => {
    const store = await open();
    let inserts = 0;
    meetsFullDisk = (sql) => sql.startsWith(at) && (at === 'COMMIT' || ++inserts === 70);
    const results = await appendAll(store, 100);
    expect(results).toEqual(results.map(() => ({ kind: 'full' })));
    expect(results).toHaveLength(100);
    meetsFullDisk = () => false;
    expect(await store.append({ writes: [event()] })).toEqual({ kind: 'appended', first: 1 });
    expect(await store.verify({ deep: true, progress: () => {} })).toEqual({
      events: 1,
      firstBad: null,
    });
    await store.close();
  });

  test('are refused where the database fails, and so is all that comes after', async () => {
    const store = await open();
    meetsFullDisk = (sql) => {
      if (sql.startsWith('COMMIT'))
        throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
      return false;
    };
    const results = await Promise.allSettled(units(50).map((unit) => store.append(unit)));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect((await store.failed).message).toBe('disk I/O error');
    await expect(store.append({ writes: [event()] })).rejects.toThrow('disk I/O error');
  });
});
