import * as codes from '@journeyapps/wa-sqlite/src/sqlite-constants.js';
import type {
  SqliteDatabase,
  SqliteDriver,
  SqliteStatement,
} from '../../../src/store/sqlite/driver.ts';
import { DiskVfs, VFS_NAME } from './disk-vfs.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { loadSqliteModule, type SqliteModule, withResult, withText } from './sqlite-module.ts';
import { sqliteError } from './sqlite-error.ts';
import { WasmStatement } from './wasm-statement.ts';

/** Opens databases on simulated disks, all in one SQLite. */
export type WasmSqlite = (disk: SimulatedDisk) => SqliteDriver;

/**
 * Real SQLite, compiled to WebAssembly, as a synchronous driver on simulated disks.
 *
 * Errors carry `errcode` and `errstr` as those of `node:sqlite` do. When a disk's process dies, its
 * databases are closed with the disk already dead, so that closing writes nothing.
 */
export async function loadWasmSqlite(): Promise<WasmSqlite> {
  const sqlite = await loadSqliteModule();
  const vfs = new DiskVfs(sqlite);
  sqlite.registerVfs(vfs);
  return (disk) => ({
    name: 'wa-sqlite on a simulated disk',
    open: (path) => openDatabase(sqlite, vfs, { disk, path }),
  });
}

function openDatabase(
  sqlite: SqliteModule,
  vfs: DiskVfs,
  { disk, path }: { readonly disk: SimulatedDisk; readonly path: string },
): WasmDatabase {
  const { prefix, unmount } = vfs.mount(disk);
  // The next random number comes from this disk's seed, so that even the WAL's salts repeat.
  sqlite.randomness(0, 0);
  const flags = codes.SQLITE_OPEN_READWRITE | codes.SQLITE_OPEN_CREATE;
  const { code, value: handle } = withText(sqlite, prefix + path, (name) =>
    withText(sqlite, VFS_NAME, (vfsName) =>
      withResult(sqlite, (out) => sqlite.open(name, out, flags, vfsName)),
    ),
  );
  if (code === codes.SQLITE_OK) return new WasmDatabase(sqlite, { handle, disk, unmount });
  const error = sqliteError(sqlite, handle);
  sqlite.close(handle);
  unmount();
  throw error;
}

/** One connection. */
class WasmDatabase implements SqliteDatabase {
  readonly #sqlite: SqliteModule;
  readonly #handle: number;
  readonly #unmount: () => void;
  readonly #forget: () => void;
  #open = true;

  constructor(sqlite: SqliteModule, { handle, disk, unmount }: Connection) {
    this.#sqlite = sqlite;
    this.#handle = handle;
    this.#unmount = unmount;
    sqlite.extendResultCodes(handle, 1);
    this.#forget = disk.onStop(() => this.close());
  }

  exec(sql: string): void {
    const sqlite = this.#sqlite;
    this.#assertOpen();
    const code = withText(sqlite, sql, (text) => sqlite.exec(this.#handle, text, 0, 0, 0));
    if (code !== codes.SQLITE_OK) throw sqliteError(sqlite, this.#handle);
  }

  prepare(sql: string): SqliteStatement {
    const sqlite = this.#sqlite;
    this.#assertOpen();
    const { code, value } = withText(sqlite, sql, (text) =>
      withResult(sqlite, (out) => sqlite.prepare(this.#handle, text, -1, out, 0)),
    );
    if (code !== codes.SQLITE_OK) throw sqliteError(sqlite, this.#handle);
    const assertOpen = (): void => this.#assertOpen();
    return new WasmStatement(sqlite, { db: this.#handle, handle: value, assertOpen });
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#forget();
    const sqlite = this.#sqlite;
    for (let next = this.#nextStatement(); next !== 0; next = this.#nextStatement()) {
      sqlite.finalize(next);
    }
    sqlite.close(this.#handle);
    this.#unmount();
  }

  #nextStatement(): number {
    return this.#sqlite.nextStatement(this.#handle, 0);
  }

  #assertOpen(): void {
    if (!this.#open) throw new Error('The database is closed.');
  }
}

interface Connection {
  readonly handle: number;
  readonly disk: SimulatedDisk;
  readonly unmount: () => void;
}
