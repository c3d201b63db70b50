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
  /**
   * Copies a database into an empty file, a few pages at a time, while its connection goes on; what
   * is committed meanwhile is in the copy. Absent where the driver has no such means.
   */
  copy?(db: SqliteDatabase, path: string): Promise<void>;
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
const SQLITE_MIN = [3, 51, 3] as const;
/** Before this Node calls its SQLite experimental, and says so on everybody's standard error. */
const NODE_MIN = [24] as const;
/** Pages that are copied in one go: the writer waits for so many at most. */
const COPY_PAGES = 10;

/** The best driver of this machine: Node's own SQLite where it is fit, else the bundled one. */
export async function loadDriver(): Promise<SqliteDriver> {
  return nodeSqliteIsFit(process.versions) ? nodeDriver() : bundledDriver();
}

/** Whether a Node of these versions brings a SQLite that is safe, and no experiment any more. */
export function nodeSqliteIsFit(versions: {
  readonly node: string;
  readonly sqlite?: string | undefined;
}): boolean {
  const { node, sqlite } = versions;
  return sqlite !== undefined && isAtLeast(sqlite, SQLITE_MIN) && isAtLeast(node, NODE_MIN);
}

async function nodeDriver(): Promise<SqliteDriver> {
  const name = 'node:sqlite';
  const { DatabaseSync, backup } = (await import(name)) as {
    DatabaseSync: new (path: string) => SqliteDatabase;
    backup: Backup;
  };
  return { name, open: (path) => new DatabaseSync(path), copy: copyWith(backup) };
}

async function bundledDriver(): Promise<SqliteDriver> {
  const { DatabaseSync, backup } = await import('@photostructure/sqlite');
  return {
    name: '@photostructure/sqlite',
    open: (path) => new DatabaseSync(path),
    copy: copyWith(backup as unknown as Backup),
  };
}

type Backup = (db: SqliteDatabase, path: string, options: { rate: number }) => Promise<unknown>;

function copyWith(backup: Backup): NonNullable<SqliteDriver['copy']> {
  return async (db, path) => {
    await backup(db, path, { rate: COPY_PAGES });
  };
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [i, minimum] of least.entries()) {
    const part = parts[i] ?? 0;
    if (part !== minimum) return part > minimum;
  }
  return true;
}
