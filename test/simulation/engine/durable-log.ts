import type { Store } from '../../../src/store/contract.ts';
import type { Clock } from '../../../src/std/clock.ts';
import { loadDriver, type SqliteDriver } from '../../../src/store/sqlite/driver.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { MemoryLog } from './memory-log.ts';

/** What outlives a process: a log that one session after the other is opened on. */
export interface DurableLog {
  open(clock: Clock): Promise<Store>;
  close(): void;
}

export type MakeLog = () => DurableLog;

/** A log of lists and maps. */
export function memoryLog(): DurableLog {
  const log = new MemoryLog();
  return { open: async () => log.open(), close: () => {} };
}

/** Logs in SQLite: what was committed stays, whatever becomes of the store that committed it. */
export async function sqliteLogs(): Promise<MakeLog> {
  const driver = await loadDriver();
  return () => {
    const db = driver.open(':memory:');
    // A process that dies closes nothing; its successor finds the same database.
    const shared: SqliteDriver = {
      name: driver.name,
      open: () => ({
        exec: (sql) => db.exec(sql),
        prepare: (sql) => db.prepare(sql),
        close: () => {},
      }),
    };
    return {
      open: (clock) => openSqliteStore({ path: ':memory:', driver: shared, clock }),
      close: () => db.close(),
    };
  };
}
