import type { SqliteDriver } from '../../../src/store/sqlite/driver.ts';

/**
 * A driver that hears other statements than the store says. So a test takes a promise of the
 * store's away from it, or shrinks one of its limits, and the product has no option that could do
 * either.
 */
export function rewritingDriver(
  driver: SqliteDriver,
  rewrite: (sql: string) => string,
): SqliteDriver {
  return {
    name: `${driver.name}, rewritten`,
    open: (path) => {
      const db = driver.open(path);
      return {
        exec: (sql) => db.exec(rewrite(sql)),
        prepare: (sql) => db.prepare(rewrite(sql)),
        close: () => db.close(),
      };
    },
  };
}

/** Checkpoints after fewer pages, so that a short story has several. */
export function withWalPages(pages: number): (sql: string) => string {
  return (sql) =>
    sql.replace(/^PRAGMA wal_autocheckpoint = \d+$/, `PRAGMA wal_autocheckpoint = ${pages}`);
}

/** Commits without waiting for the disk, and says that it waits. */
export function withoutSync(sql: string): string {
  if (sql === 'PRAGMA synchronous = FULL') return 'PRAGMA synchronous = NORMAL';
  return sql === 'PRAGMA synchronous' ? 'SELECT 2 AS synchronous' : sql;
}
