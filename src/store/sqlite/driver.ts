/**
 * The part of `node:sqlite`'s `DatabaseSync` that the store stands on.
 *
 * Three drivers have this shape: Node's own where it is new enough, `@photostructure/sqlite`, and,
 * in tests, SQLite in WebAssembly over a simulated disk. The store's code is the same on all
 * three.
 */
export interface SqliteDriver {
  readonly name: string;
  open(path: string): SqliteDatabase;
}

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export interface SqliteStatement {
  /** Binds by position. `changes` is the number of rows that the statement itself changed. */
  run(...values: SqliteValue[]): { readonly changes: number | bigint };
  /** The first row as an object of its columns, or undefined. */
  get(...values: SqliteValue[]): SqliteRow | undefined;
  all(...values: SqliteValue[]): SqliteRow[];
}

export type SqliteValue = string | number | null | Uint8Array;
export type SqliteRow = { readonly [column: string]: SqliteValue };

/**
 * The first version past the WAL-reset corruption (https://sqlite.org/wal.html, fixed in 3.51.3).
 */
const VERSION_MIN = [3, 51, 3] as const;

/** The best driver of this machine: Node's own SQLite where it is safe, else the bundled one. */
export async function loadDriver(): Promise<SqliteDriver> {
  return (await nodeDriver()) ?? (await bundledDriver());
}

async function nodeDriver(): Promise<SqliteDriver | undefined> {
  if (!process.versions['sqlite'] || !isSafe(process.versions['sqlite'])) return undefined;
  const name = 'node:sqlite';
  const { DatabaseSync } = (await import(name)) as {
    DatabaseSync: new (path: string) => SqliteDatabase;
  };
  return { name, open: (path) => new DatabaseSync(path) };
}

async function bundledDriver(): Promise<SqliteDriver> {
  const { DatabaseSync } = await import('@photostructure/sqlite');
  return {
    name: '@photostructure/sqlite',
    open: (path) => new DatabaseSync(path),
  };
}

function isSafe(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [i, least] of VERSION_MIN.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
