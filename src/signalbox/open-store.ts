import { SystemClock } from '../std/clock.ts';
import type { Store } from '../store/contract.ts';
import { passwordsIn } from '../store/postgres/database-url.ts';
import { openDirectoryStore } from '../store/sqlite/store.ts';
import type { OpenOptions } from './options.ts';
import { STORE_THREAD } from './threads.ts';

/**
 * Opens the log where it lies: in the data directory, or in a PostgreSQL database beside it.
 *
 * @throws SignalboxError as `openDirectoryStore` and `openDatabaseStore` do.
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  const { dataDirectory: directory, configuration, clock = new SystemClock() } = options;
  const { secrets, settings } = configuration;
  const url = options.store ?? settings.store;
  if (url === 'sqlite') return openDirectoryStore(directory, STORE_THREAD, secrets);
  for (const password of passwordsIn(url)) secrets.add(password);
  // Loaded only where it is used, as its package is.
  const { openDatabaseStore } = await import('../store/postgres/directory.ts');
  return openDatabaseStore({ url, directory, clock, redaction: secrets });
}
