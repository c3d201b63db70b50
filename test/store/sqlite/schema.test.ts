import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../../src/std/random.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { dedupeKey } from '../../../src/store/dedupe.ts';
import { loadDriver, type SqliteRow } from '../../../src/store/sqlite/driver.ts';
import { openDirectoryStore, openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { SimulatedDisk } from '../../simulation/disk/simulated-disk.ts';
import { loadWasmSqlite } from '../../simulation/disk/wasm-driver.ts';
import { readAll } from '../conformance/fixture.ts';
import { cursorOf, event, moving, unit, windowOf } from '../conformance/units.ts';

const driver = await loadDriver();
const WORKER = new URL('../../../dist/store/sqlite/worker.js', import.meta.url);
/** All that a data directory of format 1 held when it was closed in order. */
const FORMAT_1 = readFileSync(new URL('format-1.sql', import.meta.url), 'utf8');
/** As a daemon sets a file up before it writes to it. */
const DURABLE =
  'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-schema-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function run(folder: string, sql: string): void {
  const db = driver.open(join(folder, 'signalbox.db'));
  db.exec(sql);
  db.close();
}

function ask(folder: string, sql: string): SqliteRow[] {
  const db = driver.open(join(folder, 'signalbox.db'));
  const rows = db.prepare(sql).all();
  db.close();
  return rows;
}

test('a data directory of format 1 opens with all that it held, and remembers more', async () => {
  const folder = newFolder();
  run(folder, FORMAT_1);
  const store = await openDirectoryStore(folder, WORKER);
  expect(store.identity).toMatchObject({ epoch: 2, afterCleanStop: true });
  expect(store.identity.names).toEqual([{ from: 1, logId: 'sb8a6wk2c8' }]);
  const types = (await readAll(store)).map(({ type }) => type);
  expect(types).toEqual(['file.changed', 'run.started', 'event.dead_lettered']);
  expect(await store.run(2)).toMatchObject({ flow: 'build', state: 'waiting' });
  expect(await store.letter(3)).toMatchObject({ code: 'step.failed', state: 'open' });
  expect(await store.checkpoint('router')).toEqual({ seq: 1, state: '{"at":1}' });
  const windows = await store.windows({ limit: 9 });
  expect(windows).toEqual([{ flow: 'build', key: 'k', due: 1768478400009, state: '{"of":"9"}' }]);
  expect(await store.verify({ deep: true, progress: () => {} })).toMatchObject({ firstBad: null });

  const [first] = await readAll(store);
  const draft = { type: 'file.changed', source: 'files', id: 'e-1', data: first?.data ?? '' };
  const again = await store.append(unit(event(draft, dedupeKey(draft))));
  expect(again).toEqual({ kind: 'duplicate', seq: 1 });
  const moved = { ...moving('router', 1, 2), windows: [windowOf('k', null)] };
  expect(await store.append({ ...moved, cursors: [cursorOf('a', '1')] })).toMatchObject({
    kind: 'appended',
  });
  await store.close();

  const next = await openDirectoryStore(folder, WORKER);
  const remembered = await next.cursors({ source: 'files:docs', limit: 9 });
  expect(remembered).toEqual([{ key: 'a', value: '1' }]);
  await next.close();
});

test('a database of format 1 becomes what a new one is', async () => {
  const [old, fresh] = [newFolder(), newFolder()];
  run(old, FORMAT_1);
  for (const folder of [old, fresh]) await (await openDirectoryStore(folder, WORKER)).close();
  const tables = `SELECT type, name, replace(sql, ' ', '') AS sql FROM sqlite_master ORDER BY name`;
  expect(ask(old, tables)).toEqual(ask(fresh, tables));
  for (const folder of [old, fresh]) {
    expect(ask(folder, 'PRAGMA user_version')).toEqual([{ user_version: 5 }]);
  }
});

describe('a database that a newer version wrote', () => {
  test.each([
    ['a later format', 'PRAGMA user_version = 6', 'has format 6'],
    [
      'more kinds of events',
      `UPDATE meta SET value = 9999 WHERE name = 'vocabulary'`,
      'more kinds',
    ],
  ])('is refused, and left as it is to the last byte: %s', async (_, sql, message) => {
    const folder = newFolder();
    await (await openDirectoryStore(folder, WORKER)).close();
    run(folder, sql);
    const bytes = readFileSync(join(folder, 'signalbox.db'));
    const opening = openDirectoryStore(folder, WORKER);
    await expect(opening).rejects.toMatchObject({
      code: 'data.newer',
      message: expect.stringContaining(message) as string,
    });
    expect(readFileSync(join(folder, 'signalbox.db')).equals(bytes)).toBe(true);
  });
});

/** Every change that a migration makes to the disk, at each of which the process dies. */
describe('a migration that is interrupted', () => {
  test.each(['kill', 'cut'] as const)('by a %s leaves the old or the new one', async (ending) => {
    const sqlite = await loadWasmSqlite();
    let changes = 0;
    // The first time nothing happens, and the changes are counted.
    for (let at = 0; at <= changes; at++) {
      const disk = new SimulatedDisk(seededRandom(at));
      const wasm = sqlite(disk);
      const path = 'signalbox.db';
      const clock = new SimulatedClock();
      const old = wasm.open(path);
      old.exec(`${DURABLE} ${FORMAT_1}`);
      old.close();
      disk.plan(at === 0 ? {} : { stopAtChange: at });
      await openSqliteStore({ path, driver: wasm, clock }).catch(() => {});
      if (at === 0) changes = disk.activity.changes;
      if (ending === 'cut') disk.cutPower();
      else disk.killProcess();
      disk.plan({});
      const store = await openSqliteStore({ path, driver: wasm, clock });
      expect((await readAll(store)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
      const report = await store.verify({ deep: true, progress: () => {} });
      expect(report).toMatchObject({ firstBad: null });
      expect(
        await store.append({ ...moving('router', 1, 2), cursors: [cursorOf('a', '1')] }),
      ).toEqual(expect.objectContaining({ kind: 'appended' }));
      await store.close();
    }
    expect(changes).toBeGreaterThan(10);
  });
});
