import type { SqliteDatabase, SqliteDriver } from '../../store/sqlite/driver.ts';

/** A driver over one database in memory, which is there until `release`, however often opened. */
export interface KeptMemory extends SqliteDriver {
  release(): void;
}

/** What a log in memory needs to outlive the engine that it was opened for. */
export function keptMemory(driver: SqliteDriver): KeptMemory {
  let kept: SqliteDatabase | undefined;
  return {
    name: driver.name,
    open() {
      const db = (kept ??= driver.open(':memory:'));
      return { exec: (sql) => db.exec(sql), prepare: (sql) => db.prepare(sql), close: () => {} };
    },
    release() {
      kept?.close();
      kept = undefined;
    },
  };
}
