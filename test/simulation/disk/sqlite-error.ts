import type { SqliteModule } from './sqlite-module.ts';

/** What went wrong on a connection last, in the shape of `node:sqlite`'s errors. */
export function sqliteError(sqlite: SqliteModule, db: number): Error {
  const errcode = sqlite.extendedErrorCode(db);
  const errstr = sqlite.text(sqlite.errorText(errcode));
  const message = sqlite.text(sqlite.errorMessage(db));
  return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode, errstr });
}
