// @ts-check

/**
 * @typedef {import('../../src/store/sqlite/driver.ts').SqliteDatabase} Database
 *
 * @typedef {{ write: () => number; resolve: (value: number) => void; value: number }} Queued
 */

/** Writes in one transaction at the most. */
const GROUP_MAX = 1_000;

/**
 * The least that group commit needs, in the caller's own thread: whatever arrived in one turn of
 * the event loop is one transaction, and its writers hear of it after the sync.
 */
export class GroupCommit {
  #database;
  /** @type {Queued[]} */
  #queue = [];
  #scheduled = false;

  /** @param {Database} database */
  constructor(database) {
    this.#database = database;
  }

  /**
   * Runs `write` within the next transaction and resolves with its result when that is durable.
   *
   * @param {() => number} write
   * @returns {Promise<number>}
   */
  run(write) {
    return new Promise((resolve) => {
      this.#queue.push({ write, resolve, value: 0 });
      this.#schedule();
    });
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush() {
    this.#scheduled = false;
    const group = this.#queue.splice(0, GROUP_MAX);
    this.#database.exec('BEGIN IMMEDIATE');
    for (const queued of group) queued.value = queued.write();
    this.#database.exec('COMMIT');
    for (const { resolve, value } of group) resolve(value);
    if (this.#queue.length > 0) this.#schedule();
  }
}
