import type { Cut } from '../care.ts';
import type { SqliteDatabase } from './driver.ts';
import { rowSum } from './row-sum.ts';
import { readCut, recordDigest } from './trim.ts';

/** Seqs that one commit goes over: few, since nobody else can write meanwhile. */
const SWEPT_AT_ONCE = 500;
/** Runs that one commit lets go of. */
const RELEASED_AT_ONCE = 50;
/** Kept records that one commit removes. */
const PRUNED_AT_ONCE = 200;
/** The tables with a row for each stream, and all of these rows: no two have the same id. */
const STREAMS = ['runs', 'entities'] as const;
const EACH_STREAM = STREAMS.map((table) => `SELECT id, version FROM ${table}`);
const ALL_STREAMS = `(${EACH_STREAM.join(' UNION ALL ')})`;
/** Until when a record is kept that only a run keeps: not by its age. */
const NO_TIME = 0;

/**
 * Removes the next part of what is before the beginning of the log, with the rows that were folded
 * from it. A run that went on behind the beginning keeps all its records, and its event; so does
 * one that somebody retries meanwhile.
 */
export function sweepLog(db: SqliteDatabase, now: number): boolean {
  const cut = readCut(db);
  if (cut === undefined) return false;
  if (release(db, cut, now)) return true;
  return cut.swept < cut.last ? inCommit(db, () => sweep(db, cut)) : prune(db, now);
}

function inCommit(db: SqliteDatabase, work: () => void): true {
  db.exec('BEGIN IMMEDIATE');
  try {
    work();
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
  return true;
}

function sweep(db: SqliteDatabase, { last, swept }: Cut): void {
  const end = Math.min(last, swept + SWEPT_AT_ONCE);
  keepRuns(db, { after: swept, end, last });
  const unkept = 'NOT EXISTS (SELECT 1 FROM kept WHERE kept.seq = ';
  for (const sql of [
    `DELETE FROM events WHERE seq > ? AND seq <= ? AND ${unkept} events.seq)`,
    `DELETE FROM blobs WHERE seq > ? AND seq <= ? AND ${unkept} blobs.seq)`,
    `DELETE FROM erased WHERE seq > ? AND seq <= ? AND ${unkept} erased.seq)`,
    `DELETE FROM letters WHERE id > ? AND id <= ? AND ${unkept} letters.id)`,
    'DELETE FROM segments WHERE last > ? AND last <= ?',
  ]) {
    db.prepare(sql).run(swept, end);
  }
  for (const table of STREAMS) {
    db.prepare(`DELETE FROM ${table} WHERE id > ? AND id <= ? AND version <= ?`).run(
      swept,
      end,
      last,
    );
  }
  db.prepare('UPDATE cuts SET swept = ?').run(end);
}

/** Keeps the runs that begin in a part, and those of its events, that go on behind the cut. */
function keepRuns(
  db: SqliteDatabase,
  { after, end, last }: { readonly after: number; readonly end: number; readonly last: number },
): void {
  const begun = db
    .prepare(`SELECT id, version FROM ${ALL_STREAMS} WHERE id > ? AND id <= ? AND version > ?`)
    .all(after, end, last);
  const record = db.prepare('SELECT prev, stream FROM events WHERE seq = ?');
  for (const { id, version } of begun) {
    for (let seq = Number(version); ;) {
      if (seq <= last) keep(db, seq, Number(id));
      const prev = record.get(seq)?.['prev'];
      if (prev === null || prev === undefined) break;
      seq = Number(prev);
    }
  }
  const events = db
    .prepare('SELECT event, id FROM runs WHERE event > ? AND event <= ? AND version > ?')
    .all(after, end, last);
  for (const { event, id } of events) keep(db, Number(event), Number(id));
}

function keep(db: SqliteDatabase, seq: number, run: number): void {
  const digest = recordDigest(db, seq);
  db.prepare(
    'INSERT INTO kept VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET run = excluded.run',
  ).run(seq, NO_TIME, run, digest, rowSum('kept', seq, digest));
}

/**
 * Lets go of runs that were kept whole and ended before the beginning by now: before any record of
 * theirs is swept, so that no run is ever there in part.
 */
function release(db: SqliteDatabase, { last, swept }: Cut, now: number): boolean {
  const ended = db
    .prepare(
      `SELECT DISTINCT kept.run AS run FROM kept JOIN ${ALL_STREAMS} AS own ON own.id = kept.run
         WHERE kept.run IS NOT NULL AND own.version <= ? LIMIT ?`,
    )
    .all(last, RELEASED_AT_ONCE);
  if (ended.length === 0) return false;
  return inCommit(db, () => {
    for (const { run } of ended) releaseRun(db, Number(run), { last, swept, now });
    notePruned(db, now);
  });
}

function releaseRun(
  db: SqliteDatabase,
  run: number,
  { last, swept, now }: Pick<Cut, 'last' | 'swept'> & { readonly now: number },
): void {
  const other = db.prepare('SELECT id FROM runs WHERE event = ? AND version > ? AND id <> ?');
  const pass = db.prepare('UPDATE kept SET run = ? WHERE seq = ?');
  for (const { seq, until } of db.prepare('SELECT seq, until FROM kept WHERE run = ?').all(run)) {
    const heir = other.get(seq ?? null, last, run)?.['id'] ?? null;
    if (heir === null && Number(until) < now) remove(db, Number(seq));
    else pass.run(heir, seq ?? null);
  }
  // One of which only the event is kept begins in a part that is still to be swept.
  for (const table of STREAMS) {
    db.prepare(`DELETE FROM ${table} WHERE id = ? AND id <= ?`).run(run, swept);
  }
}

/** Removes kept records whose time is over. */
function prune(db: SqliteDatabase, now: number): boolean {
  const due = db
    .prepare('SELECT seq FROM kept WHERE until < ? AND run IS NULL LIMIT ?')
    .all(now, PRUNED_AT_ONCE);
  if (due.length === 0) return false;
  return inCommit(db, () => {
    for (const { seq } of due) remove(db, Number(seq));
    notePruned(db, now);
  });
}

/** What was to be kept until before then may be gone: no proof asks for it any more. */
function notePruned(db: SqliteDatabase, now: number): void {
  db.prepare('UPDATE cuts SET pruned = max(pruned, ?)').run(now);
}

function remove(db: SqliteDatabase, seq: number): void {
  for (const sql of [
    'DELETE FROM events WHERE seq = ?',
    'DELETE FROM blobs WHERE seq = ?',
    'DELETE FROM erased WHERE seq = ?',
    'DELETE FROM letters WHERE id = ?',
    'DELETE FROM kept WHERE seq = ?',
  ]) {
    db.prepare(sql).run(seq);
  }
}
