import { join } from 'node:path';
import type { Clock } from '../../std/clock.ts';
import type { Redaction } from '../../std/redact.ts';
import type { Store } from '../contract.ts';
import { loadDriver } from '../sqlite/driver.ts';
import { takeLock } from '../sqlite/lock.ts';
import { makePrivateDirectory, makePrivateFiles } from '../sqlite/private-files.ts';
import { pinTo } from '../store-pin.ts';
import { shownDatabase } from './database-url.ts';
import { openPostgresStore } from './store.ts';

const LOCK = 'lock.db';

/** What a daemon opens whose log is in PostgreSQL. */
export interface DatabaseOptions {
  readonly url: string;
  /** Holds what is not the log: token, keys, and the daemon's own files. Made where missing. */
  readonly directory: string;
  readonly clock: Clock;
  /** Asked about all that is appended. */
  readonly redaction: Redaction;
}

/**
 * Opens the log in a PostgreSQL database for one daemon alone, under the lock of its data directory
 * too: one directory belongs to one log.
 *
 * @throws SignalboxError `data.locked` where another daemon has the directory or the database,
 *   `store.elsewhere`, and as `openPostgresStore` does.
 */
export async function openDatabaseStore(options: DatabaseOptions): Promise<Store> {
  const { url, directory, clock, redaction } = options;
  makePrivateDirectory(directory);
  makePrivateFiles(directory, [LOCK]);
  const lock = takeLock(await loadDriver(), join(directory, LOCK));
  let held = true;
  const closed = (): void => {
    if (held) lock.release();
    held = false;
  };
  try {
    const store = await openPostgresStore({ url, clock, redaction, alone: { closed } });
    try {
      const log = store.identity.names[0]?.logId ?? '';
      pinTo(directory, { log, database: shownDatabase(url) });
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  } catch (error) {
    closed();
    throw error;
  }
}
