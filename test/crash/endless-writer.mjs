// Appends the units of a scenario, some at once, and says on its standard output what the store
// answered. It never ends by itself.
import { readFileSync } from 'node:fs';
import { SystemClock } from '../../dist/std/clock.js';
import { loadDriver } from '../../dist/store/sqlite/driver.js';
import { openDirectoryStore, openSqliteStore } from '../../dist/store/sqlite/store.js';

const WORKER = new URL('../../dist/store/sqlite/worker.js', import.meta.url);

const [plan = '', directory = ''] = process.argv.slice(2);
/**
 * @type {{
 *   scenario: string;
 *   from: number;
 *   until: number;
 *   window: number;
 *   synchronous: 'FULL' | 'NORMAL';
 * }}
 */
const { scenario, from, until, window, synchronous } = JSON.parse(plan);
/** @type {import('../../src/store/contract.ts').Unit[]} */
const units = JSON.parse(readFileSync(scenario, 'utf8')).slice(0, until);

const store = await (synchronous === 'FULL'
  ? openDirectoryStore(directory, WORKER)
  : openUnsyncedStore());
let next = from;
setInterval(() => {}, 2 ** 30);
await Promise.all(Array.from({ length: window }, appendAll));

async function appendAll() {
  for (let unit = units[next++]; unit !== undefined; unit = units[next++]) {
    process.stdout.write(`${JSON.stringify(await store.append(unit))}\n`);
  }
}

/** The control: a store that believes to wait for the disk, and does not. */
async function openUnsyncedStore() {
  const driver = await loadDriver();
  return openSqliteStore({
    path: `${directory}/signalbox.db`,
    lockPath: `${directory}/lock.db`,
    witnessPath: `${directory}/witness`,
    driver: { name: driver.name, open: (path) => unsynced(driver.open(path)) },
    clock: new SystemClock(),
  });
}

/**
 * @param {import('../../src/store/sqlite/driver.ts').SqliteDatabase} db
 * @returns {import('../../src/store/sqlite/driver.ts').SqliteDatabase}
 */
function unsynced(db) {
  const exec = 'PRAGMA synchronous = FULL';
  return {
    exec: (sql) => db.exec(sql === exec ? 'PRAGMA synchronous = NORMAL' : sql),
    prepare: (sql) => db.prepare(sql === 'PRAGMA synchronous' ? 'SELECT 2 AS synchronous' : sql),
    close: () => db.close(),
  };
}
