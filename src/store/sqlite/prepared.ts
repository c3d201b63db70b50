import type { SqliteDatabase, SqliteStatement } from './driver.ts';

/** Statements of a database, each prepared when it is first asked for: there are few texts. */
export class Prepared {
  readonly #db: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  /** The statement of this text, which holds nothing that a user wrote. */
  of(sql: string): SqliteStatement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
