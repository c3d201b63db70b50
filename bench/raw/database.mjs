// @ts-check
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @import {Database} from './group-commit.mjs' */

/**
 * A new database of the driver that Signalbox itself would choose, as durable as Signalbox's.
 *
 * @param {string} dist the build whose driver it is
 * @param {string} path
 * @returns {Promise<Database>}
 */
export async function openRawDatabase(dist, path) {
  const module = pathToFileURL(join(dist, 'store', 'sqlite', 'driver.js')).href;
  const { loadDriver } = await import(module);
  const database = (await loadDriver()).open(path);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA cache_size = -65536');
  return database;
}

let last = 0;

/**
 * An id that sorts by time, as UUIDv7 does, so that a unique index over it costs the least. Counted
 * instead of random: making good ids is not what is measured.
 */
export function timeOrderedId() {
  last += 1;
  const time = Date.now().toString(16).padStart(12, '0');
  const rest = last.toString(16).padStart(16, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-${rest.slice(0, 4)}-${rest.slice(4)}`;
}
