/// <reference types="@journeyapps/wa-sqlite" />
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import createModule from '@journeyapps/wa-sqlite/dist/wa-sqlite.mjs';

/** A function of SQLite's C interface; pointers and result codes are numbers. */
type CFunction = (...values: readonly number[]) => number;

/** What Emscripten gives, as far as it is needed here. */
interface WasmModule {
  readonly HEAPU8: Uint8Array;
  UTF8ToString(pointer: number): string;
  vfs_register(vfs: object, makeDefault: boolean): number;
  cwrap(name: string, result: 'number'): CFunction;
}

const FUNCTIONS = {
  getFree: 'getSqliteFree',
  malloc: 'sqlite3_malloc',
  free: 'sqlite3_free',
  randomness: 'sqlite3_randomness',
  open: 'sqlite3_open_v2',
  close: 'sqlite3_close',
  extendResultCodes: 'sqlite3_extended_result_codes',
  extendedErrorCode: 'sqlite3_extended_errcode',
  errorMessage: 'sqlite3_errmsg',
  errorText: 'sqlite3_errstr',
  exec: 'sqlite3_exec',
  prepare: 'sqlite3_prepare_v2',
  nextStatement: 'sqlite3_next_stmt',
  changes: 'sqlite3_changes',
  step: 'sqlite3_step',
  reset: 'sqlite3_reset',
  finalize: 'sqlite3_finalize',
  clearBindings: 'sqlite3_clear_bindings',
  bindInt: 'sqlite3_bind_int',
  bindDouble: 'sqlite3_bind_double',
  bindNull: 'sqlite3_bind_null',
  bindText: 'sqlite3_bind_text',
  bindBlob: 'sqlite3_bind_blob',
  columnCount: 'sqlite3_column_count',
  columnName: 'sqlite3_column_name',
  columnType: 'sqlite3_column_type',
  columnDouble: 'sqlite3_column_double',
  columnText: 'sqlite3_column_text',
  columnBlob: 'sqlite3_column_blob',
  columnBytes: 'sqlite3_column_bytes',
} as const;

/** SQLite's C functions, and the memory that their pointers point into. */
export type SqliteModule = { readonly [Name in keyof typeof FUNCTIONS]: CFunction } & {
  /** The whole memory. It is another object after SQLite asked for more, so nobody keeps it. */
  bytes(): Uint8Array;
  /** A zero-terminated text. */
  text(pointer: number): string;
  registerVfs(vfs: object): void;
};

/** A fresh SQLite with a memory of its own. */
export async function loadSqliteModule(): Promise<SqliteModule> {
  const path = fileURLToPath(import.meta.resolve('@journeyapps/wa-sqlite/dist/wa-sqlite.wasm'));
  const wasm: WasmModule = await createModule({ wasmBinary: await readFile(path) });
  const functions = Object.entries(FUNCTIONS).map(([name, symbol]) => [
    name,
    wasm.cwrap(symbol, 'number'),
  ]);
  return {
    ...(Object.fromEntries(functions) as { [Name in keyof typeof FUNCTIONS]: CFunction }),
    bytes: () => wasm.HEAPU8,
    text: (pointer) => wasm.UTF8ToString(pointer),
    registerVfs: (vfs) => {
      wasm.vfs_register(vfs, true);
    },
  };
}

const encoder = new TextEncoder();

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Copies bytes into SQLite's memory, with a zero behind them. Who gets the pointer frees it. */
export function allocate(sqlite: SqliteModule, bytes: Uint8Array): number {
  const pointer = sqlite.malloc(bytes.length + 1);
  const memory = sqlite.bytes();
  memory.set(bytes, pointer);
  memory[pointer + bytes.length] = 0;
  return pointer;
}

/** Runs `use` with a text's pointer, which is good until it returns. */
export function withText<T>(sqlite: SqliteModule, text: string, use: (pointer: number) => T): T {
  const pointer = allocate(sqlite, encodeText(text));
  try {
    return use(pointer);
  } finally {
    sqlite.free(pointer);
  }
}

/** What a function left where it was told to put its result, beside its result code. */
export function withResult(
  sqlite: SqliteModule,
  fill: (pointer: number) => number,
): { readonly code: number; readonly value: number } {
  const pointer = allocate(sqlite, new Uint8Array(4));
  try {
    const code = fill(pointer);
    return { code, value: numbers(sqlite).getInt32(pointer, true) };
  } finally {
    sqlite.free(pointer);
  }
}

/** The memory as numbers, which are little-endian. */
export function numbers(sqlite: SqliteModule): DataView {
  return new DataView(sqlite.bytes().buffer);
}
