import { hash } from 'node:crypto';
import type { Cut, Cuttable, CuttableQuery, Trim } from '../care.ts';
import { CHAIN_START } from './chain.ts';
import type { SqliteDatabase } from './driver.ts';
import { damagedRow, rowSum } from './row-sum.ts';
import { DUE, HELD } from './states.ts';
import { chainedValues, dataOf } from './stored-records.ts';

/** What stands for a record that is kept alone: SHA-256 over the values that were chained. */
export function recordDigest(db: SqliteDatabase, seq: number): string {
  const row = db.prepare('SELECT * FROM events WHERE seq = ?').get(seq);
  const values = row === undefined ? [seq] : chainedValues(db, row);
  return hash('sha256', JSON.stringify(values), 'base64');
}

/** Where the log begins; undefined where nothing was ever cut. */
export function readCut(db: SqliteDatabase): Cut | undefined {
  const row = db.prepare('SELECT * FROM cuts').get();
  if (row === undefined) return undefined;
  const cut = {
    last: Number(row['last']),
    digest: String(row['digest']),
    event: Number(row['event']),
    swept: Number(row['swept']),
  };
  if (row['sum'] !== cutSum(cut)) throw damagedRow('where the log begins');
  return cut;
}

function cutSum({ last, digest, event }: Omit<Cut, 'swept'>): string {
  return rowSum('cuts', last, digest, event);
}

/** The end of the commit group up to which the log may be cut next. */
export function findCuttable(db: SqliteDatabase, query: CuttableQuery): Cuttable | undefined {
  const cut = readCut(db);
  const first = (cut?.last ?? 0) + 1;
  const until = Math.min(query.until, seqBefore(db, query.received), neededBy(db) - 1);
  const least = db.prepare('SELECT min(last) AS last FROM segments WHERE last >= ?').get(first);
  const aimed = Math.max(first + query.records - 1, Number(least?.['last'] ?? 0));
  const found = db
    .prepare('SELECT last, digest FROM segments WHERE last >= ? AND last <= ? ORDER BY last DESC')
    .get(first, Math.min(aimed, until));
  if (found === undefined) return undefined;
  const before = cut?.digest ?? CHAIN_START;
  return { first, last: Number(found['last']), before, digest: String(found['digest']) };
}

/**
 * The lowest seq that an open run or entity needs: of itself, of the event that started it, or of
 * the first one that its window had gathered.
 */
function neededBy(db: SqliteDatabase): number {
  const entity = db.prepare('SELECT min(id) AS seq FROM entities WHERE ended IS NULL').get();
  let needed = Number(entity?.['seq'] ?? Number.MAX_SAFE_INTEGER);
  for (const open of [DUE, HELD]) {
    const row = db.prepare(`SELECT min(min(event, id)) AS seq FROM runs WHERE ${open}`).get();
    needed = Math.min(needed, Number(row?.['seq'] ?? needed));
    const windows = db
      .prepare(
        `SELECT seq, json_extract(data, '$.events[0]') AS first FROM runs
           CROSS JOIN events ON seq = event WHERE ${open} AND type = 'window.closed'`,
      )
      .all();
    for (const { seq, first } of windows) {
      needed = Math.min(needed, Number(first ?? firstOfWindow(db, Number(seq))));
    }
  }
  return needed;
}

/** The same of a window that gathered so many events that they are kept apart. */
function firstOfWindow(db: SqliteDatabase, seq: number): number {
  const { events } = JSON.parse(dataOf(db, { seq, data: null })) as { readonly events: number[] };
  return events[0] ?? seq;
}

/** The last seq that was received before a time: received times never go back. */
function seqBefore(db: SqliteDatabase, received: number): number {
  const at = db.prepare('SELECT seq, received FROM events WHERE seq >= ? ORDER BY seq LIMIT 1');
  let low = 0;
  let high = Number(db.prepare('SELECT max(seq) AS seq FROM events').get()?.['seq'] ?? 0);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const row = at.get(middle);
    if (row === undefined || Number(row['received']) >= received) high = middle - 1;
    else low = middle;
  }
  return low;
}

/** Moves the beginning of the log, in a commit of its own. */
export function trimLog(db: SqliteDatabase, { from, to, event, kept }: Trim): boolean {
  const cut = readCut(db);
  const group = db.prepare('SELECT digest FROM segments WHERE last = ?').get(to);
  if ((cut?.last ?? 0) !== from || group === undefined || neededBy(db) <= to) return false;
  // What the last cut left is removed first, so that one row says it all.
  if (cut !== undefined && cut.swept < cut.last) return false;
  const next = { last: to, digest: String(group['digest']), event };
  const keep = db.prepare('INSERT INTO kept VALUES (?, ?, NULL, ?, ?) ON CONFLICT DO NOTHING');
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const { seq, until, digest } of kept) {
      keep.run(seq, until, digest, rowSum('kept', seq, digest));
    }
    const pruned = db.prepare('SELECT pruned FROM cuts').get()?.['pruned'] ?? 0;
    db.exec('DELETE FROM cuts');
    db.prepare('INSERT INTO cuts VALUES (?, ?, ?, ?, ?, ?)').run(
      to,
      next.digest,
      event,
      from,
      pruned,
      cutSum(next),
    );
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
  return true;
}
