// A program that is none of ours and wants a database for itself: says "locked" when it has it, or
// "refused" when it could not have it for so long, and lets go when its standard input ends.
//
//   node database-opener.mjs PATH WAIT_MS
import { loadDriver } from '../../dist/store/sqlite/driver.js';

const [path = '', waitMs = '0'] = process.argv.slice(2);
const db = (await loadDriver()).open(path);
process.stdout.write(`${lock()}\n`);
process.stdin.resume();
process.stdin.once('end', () => db.close());

function lock() {
  try {
    db.exec(`PRAGMA busy_timeout = ${Number(waitMs)}`);
    db.exec('BEGIN EXCLUSIVE');
    return 'locked';
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : String(error)}`;
  }
}
