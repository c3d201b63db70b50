import { hash } from 'node:crypto';
import type { SqliteDatabase, SqliteStatement } from './driver.ts';
import { rowSum } from './row-sum.ts';

const DAY_MS = 86_400_000;
/** How long a foreign id is remembered. */
export const WINDOW_DAYS = 30;
/** Ten bits a key and seven probes: one key in a hundred asks the table in vain. */
const BITS_PER_KEY = 10;
const PROBES = 7;
/** A day's filter stays below this; more keys only make it ask the table more often. */
const FILTER_BYTES_MAX = 4_194_304;
/** Rows of an expired day that are removed at a time, and how many new keys pay for that. */
const PRUNE_ROWS = 500;
const PRUNE_EVERY = 100;

export interface Seen {
  readonly digest: string;
  readonly seq: number;
}

/**
 * Remembers foreign ids by the day on which they came, so that each insert lands among its day's
 * keys and never in one index over all random ids. Earlier days are asked only where their filter,
 * made when the day closed, says that they may know the key; the table decides.
 */
export class SeenKeys {
  readonly #db: SqliteDatabase;
  readonly #insert: SqliteStatement;
  readonly #find: SqliteStatement;
  #filters = new Map<number, Uint8Array>();
  #today = -1;
  #remembered = 0;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#insert = db.prepare('INSERT INTO seen VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
    this.#find = db.prepare('SELECT digest, seq FROM seen WHERE day = ? AND key = ?');
    this.reload();
  }

  /** Forgets what an undone transaction made of the filters. */
  reload(): void {
    const rows = this.#db.prepare('SELECT day, bits FROM seen_filters').all();
    this.#filters = new Map(rows.map(({ day, bits }) => [Number(day), bits as Uint8Array]));
    const last = this.#db.prepare('SELECT max(day) AS day FROM seen').get()?.['day'];
    this.#today = typeof last === 'number' ? last : -1;
  }

  /**
   * Closes the day before, where `received` is the first time of a new one. Not within a part of a
   * transaction that may be undone alone: what is known here of the filters would outlive it.
   */
  turn(received: number): void {
    const day = Math.floor(received / DAY_MS);
    if (day > this.#today) this.#turn(day);
  }

  /**
   * Remembers the key for the day, or returns what is remembered of it. Part of the caller's
   * transaction.
   */
  remember(key: string, digest: string, seq: number): Seen | undefined {
    const day = this.#today;
    if (++this.#remembered % PRUNE_EVERY === 0) this.#pruneExpired();
    for (const [past, filter] of this.#filters) {
      if (past === day || past <= day - WINDOW_DAYS || !mayHold(filter, key)) continue;
      const found = this.#find.get(past, key);
      if (found !== undefined) return seenOf(found);
    }
    const sum = rowSum('seen', day, key, digest, seq);
    if (Number(this.#insert.run(day, key, digest, seq, sum).changes) === 1) return undefined;
    const found = this.#find.get(day, key);
    return found === undefined ? undefined : seenOf(found);
  }

  #turn(day: number): void {
    const closed = this.#today;
    this.#today = day;
    if (closed >= 0 && !this.#filters.has(closed)) this.#close(closed);
  }

  /** A little at a time, and more than comes in: so no commit pays for a whole day. */
  #pruneExpired(): void {
    for (const past of this.#filters.keys()) {
      if (past <= this.#today - WINDOW_DAYS) return this.#prune(past);
    }
  }

  #close(day: number): void {
    const keys = this.#db.prepare('SELECT key FROM seen WHERE day = ?').all(day);
    const filter = newFilter(keys.length);
    for (const { key } of keys) mark(filter, String(key));
    this.#filters.set(day, filter);
    this.#db.prepare('INSERT OR REPLACE INTO seen_filters VALUES (?, ?)').run(day, filter);
  }

  #prune(day: number): void {
    const rows = this.#db.prepare(
      'DELETE FROM seen WHERE day = ? AND key IN (SELECT key FROM seen WHERE day = ? LIMIT ?)',
    );
    if (Number(rows.run(day, day, PRUNE_ROWS).changes) === PRUNE_ROWS) return;
    this.#filters.delete(day);
    this.#db.prepare('DELETE FROM seen_filters WHERE day = ?').run(day);
  }
}

/** Where a look through the memory of foreign ids stands. */
export interface SeenPlace {
  readonly day: number;
  readonly key: string;
}

/**
 * The first row behind `place`, among `limit`, that is not what was written, and where they end.
 */
export function inspectSeen(
  db: SqliteDatabase,
  place: SeenPlace,
  limit: number,
): { readonly bad?: number; readonly end?: SeenPlace } {
  const rows = db
    .prepare('SELECT * FROM seen WHERE (day, key) > (?, ?) ORDER BY day, key LIMIT ?')
    .all(place.day, place.key, limit);
  let end: SeenPlace | undefined;
  for (const { day, key, digest, seq, sum } of rows) {
    end = { day: Number(day), key: String(key) };
    const expected = rowSum('seen', end.day, end.key, String(digest), Number(seq));
    if (sum !== expected) return { bad: Number(seq) };
    const filter = filterOf(db, end.day);
    if (filter !== undefined && !mayHold(filter, end.key)) return { bad: Number(seq) };
  }
  return end === undefined ? {} : { end };
}

function filterOf(db: SqliteDatabase, day: number): Uint8Array | undefined {
  const row = db.prepare('SELECT bits FROM seen_filters WHERE day = ?').get(day);
  return row?.['bits'] as Uint8Array | undefined;
}

function seenOf(row: { readonly [column: string]: unknown }): Seen {
  return { digest: String(row['digest']), seq: Number(row['seq']) };
}

function newFilter(keys: number): Uint8Array {
  const bytes = Math.ceil((keys * BITS_PER_KEY) / 8);
  return new Uint8Array(Math.min(Math.max(64, bytes), FILTER_BYTES_MAX));
}

function mark(filter: Uint8Array, key: string): void {
  for (const bit of probes(filter, key))
    filter[bit >> 3] = (filter[bit >> 3] ?? 0) | (1 << (bit & 7));
}

function mayHold(filter: Uint8Array, key: string): boolean {
  return probes(filter, key).every((bit) => ((filter[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0);
}

/** Double hashing (Kirsch and Mitzenmacher, 2006): two hashes stand for all probes. */
function probes(filter: Uint8Array, key: string): number[] {
  const bits = filter.length * 8;
  const bytes = hash('sha256', key, 'buffer');
  const first = bytes.readUInt32LE(0);
  const second = (bytes.readUInt32LE(4) | 1) >>> 0;
  return Array.from({ length: PROBES }, (_, i) => (first + i * second) % bits);
}
