// Writes a scenario into a real store on a real disk, one unit after the other, and says on its
// standard output what the store answered: nothing is said before the store has said it.
import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '../../dist/std/clock.js';
import { loadDriver } from '../../dist/store/sqlite/driver.js';
import { openSqliteStore } from '../../dist/store/sqlite/store.js';

const [directory = '', scenario = ''] = process.argv.slice(2);
/** @type {import('../../src/store/contract.ts').Unit[]} */
const units = JSON.parse(readFileSync(scenario, 'utf8'));

/** @type {import('../../src/store/contract.ts').Store | undefined} */
let store;
try {
  store = await openSqliteStore({
    path: join(directory, 'signalbox.db'),
    lockPath: join(directory, 'lock.db'),
    witnessPath: join(directory, 'witness'),
    driver: await loadDriver(),
    clock: new SystemClock(),
  });
  for (const unit of units) say(await store.append(unit));
  await store.close({ clean: true });
} catch (error) {
  say({ kind: 'error', code: error.code, message: error.message });
  process.exitCode = 1;
  // A daemon whose store broke lets go of it as well: that must not make things worse.
  await store?.close().catch(() => undefined);
}

/** @param {object} answer */
function say(answer) {
  writeSync(1, `${JSON.stringify(answer)}\n`);
}
