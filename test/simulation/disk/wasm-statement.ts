import * as codes from '@journeyapps/wa-sqlite/src/sqlite-constants.js';
import type { SqliteRow, SqliteStatement, SqliteValue } from '../../../src/store/sqlite/driver.ts';
import { allocate, encodeText, type SqliteModule } from './sqlite-module.ts';
import { sqliteError } from './sqlite-error.ts';

interface Prepared {
  readonly db: number;
  readonly handle: number;
  readonly assertOpen: () => void;
}

/** A prepared statement; its connection frees it. */
export class WasmStatement implements SqliteStatement {
  readonly #sqlite: SqliteModule;
  readonly #prepared: Prepared;
  #columns: readonly string[] | undefined;

  constructor(sqlite: SqliteModule, prepared: Prepared) {
    this.#sqlite = sqlite;
    this.#prepared = prepared;
  }

  run(...values: SqliteValue[]): { readonly changes: number } {
    this.#rows(values, Number.POSITIVE_INFINITY, () => undefined);
    return { changes: this.#sqlite.changes(this.#prepared.db) };
  }

  get(...values: SqliteValue[]): SqliteRow | undefined {
    return this.#rows(values, 1, () => this.#row())[0];
  }

  all(...values: SqliteValue[]): SqliteRow[] {
    return this.#rows(values, Number.POSITIVE_INFINITY, () => this.#row());
  }

  /** Steps until the end or until `limit` rows are read. */
  #rows<T>(values: readonly SqliteValue[], limit: number, read: () => T): T[] {
    const { db, handle, assertOpen } = this.#prepared;
    assertOpen();
    for (const [i, value] of values.entries()) this.#bind(i + 1, value);
    const rows: T[] = [];
    try {
      let code = this.#sqlite.step(handle);
      for (; code === codes.SQLITE_ROW; code = this.#sqlite.step(handle)) {
        rows.push(read());
        if (rows.length === limit) return rows;
      }
      if (code !== codes.SQLITE_DONE) throw sqliteError(this.#sqlite, db);
      return rows;
    } finally {
      this.#sqlite.reset(handle);
      this.#sqlite.clearBindings(handle);
    }
  }

  /** Binds as the bundled driver does: a number is an integer if 32 bits hold it, else a real. */
  #bind(index: number, value: SqliteValue): void {
    const { db, handle } = this.#prepared;
    const code = bindValue(this.#sqlite, { handle, index }, value);
    if (code !== codes.SQLITE_OK) throw sqliteError(this.#sqlite, db);
  }

  #row(): SqliteRow {
    this.#columns ??= columnNames(this.#sqlite, this.#prepared.handle);
    const row: Record<string, SqliteValue> = {};
    for (const [i, name] of this.#columns.entries()) row[name] = this.#column(i);
    return row;
  }

  #column(index: number): SqliteValue {
    const sqlite = this.#sqlite;
    const { handle } = this.#prepared;
    switch (sqlite.columnType(handle, index)) {
      case codes.SQLITE_NULL:
        return null;
      case codes.SQLITE_INTEGER:
        return safe(sqlite.columnDouble(handle, index));
      case codes.SQLITE_FLOAT:
        return sqlite.columnDouble(handle, index);
      case codes.SQLITE_TEXT: {
        const pointer = sqlite.columnText(handle, index);
        const length = sqlite.columnBytes(handle, index);
        return Buffer.from(sqlite.bytes().buffer, pointer, length).toString('utf8');
      }
      default: {
        const pointer = sqlite.columnBlob(handle, index);
        return sqlite.bytes().slice(pointer, pointer + sqlite.columnBytes(handle, index));
      }
    }
  }
}

function bindValue(
  sqlite: SqliteModule,
  { handle, index }: { readonly handle: number; readonly index: number },
  value: SqliteValue,
): number {
  if (value === null) return sqlite.bindNull(handle, index);
  if (typeof value === 'number') {
    return value === (value | 0)
      ? sqlite.bindInt(handle, index, value)
      : sqlite.bindDouble(handle, index, value);
  }
  const bytes = typeof value === 'string' ? encodeText(value) : value;
  const pointer = allocate(sqlite, bytes);
  const free = sqlite.getFree();
  return typeof value === 'string'
    ? sqlite.bindText(handle, index, pointer, bytes.length, free)
    : sqlite.bindBlob(handle, index, pointer, bytes.length, free);
}

function columnNames(sqlite: SqliteModule, handle: number): string[] {
  const count = sqlite.columnCount(handle);
  return Array.from({ length: count }, (_, i) => sqlite.text(sqlite.columnName(handle, i)));
}

/** The double of an integer is exact wherever it is safe. */
function safe(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(`Value is too large to be represented as a JavaScript number: ${value}`);
}
