import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SystemClock } from '../../../src/std/clock.ts';
import { loadDriver, type SqliteDriver } from '../../../src/store/sqlite/driver.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { event } from '../conformance/units.ts';

const driver = await loadDriver();
const KIB = 'x'.repeat(1_024);
const UNIT = { writes: [event({ data: JSON.stringify(KIB) })] };

/** Stands before every checkpoint of a database. */
function beforeCheckpoints(meet: () => void): SqliteDriver {
  return {
    name: 'checkpoints',
    open(path) {
      const db = driver.open(path);
      return {
        exec: (sql) => db.exec(sql),
        close: () => db.close(),
        prepare(sql) {
          const statement = db.prepare(sql);
          if (!sql.startsWith('PRAGMA wal_checkpoint')) return statement;
          return {
            run: (...values) => statement.run(...values),
            all: (...values) => statement.all(...values),
            get(...values) {
              meet();
              return statement.get(...values);
            },
          };
        },
      };
    },
  };
}

test('the WAL is moved into the database now and then, and stays small', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-wal-'));
  const path = join(folder, 'signalbox.db');
  let checkpoints = 0;
  const counting = beforeCheckpoints(() => checkpoints++);
  const store = await openSqliteStore({ path, driver: counting, clock: new SystemClock() });
  for (let round = 0; round < 100; round++) {
    await Promise.all(Array.from({ length: 100 }, () => store.append(UNIT)));
  }
  expect(checkpoints).toBeGreaterThan(5);
  expect(checkpoints).toBeLessThan(15);
  expect(statSync(path).size).toBeGreaterThan(9_000_000);
  expect(statSync(`${path}-wal`).size).toBeLessThan(4_000_000);
  await store.close();
  rmSync(folder, { recursive: true });
});

test('a checkpoint that meets a full disk is tried again, and nobody waits for it', async () => {
  let checkpoints = 0;
  const full = beforeCheckpoints(() => {
    if (++checkpoints === 1) throw Object.assign(new Error('disk is full'), { errcode: 13 });
  });
  const store = await openSqliteStore({ path: ':memory:', driver: full, clock: new SystemClock() });
  for (let n = 0; n < 4_000; n++) {
    expect(await store.append(UNIT)).toEqual({ kind: 'appended', first: n + 1 });
  }
  expect(checkpoints).toBeGreaterThan(1);
  await store.close();
});

test('a disk that fails in a checkpoint ends all writing', async () => {
  const broken = beforeCheckpoints(() => {
    throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
  });
  const clock = new SystemClock();
  const store = await openSqliteStore({ path: ':memory:', driver: broken, clock });
  const results = await Promise.allSettled(Array.from({ length: 3_000 }, () => store.append(UNIT)));
  const firstRefused = results.findIndex(({ status }) => status === 'rejected');
  expect(firstRefused).toBeGreaterThan(0);
  expect(results.slice(firstRefused).every(({ status }) => status === 'rejected')).toBe(true);
  expect((await store.failed).message).toBe('disk I/O error');
});
