import type { Erasure } from '../care.ts';
import { payloadText } from '../erased.ts';
import type { SqliteDatabase } from './driver.ts';
import { rowSum } from './row-sum.ts';
import { digestOf } from './stored-records.ts';

/**
 * Destroys the payload of one record, in a commit of its own, so that no byte of it is left in the
 * database or beside it. What stood in the chain for it stays, and tells nothing: its salt is gone.
 */
export function eraseRecord(db: SqliteDatabase, { seq, key }: Erasure): boolean {
  const row = db.prepare('SELECT * FROM events WHERE seq = ?').get(seq);
  if (row === undefined || row['salt'] === null) return false;
  const digest = digestOf(db, row);
  // What is freed is overwritten, wherever it stood.
  db.exec('PRAGMA secure_delete = ON');
  db.exec('BEGIN IMMEDIATE');
  try {
    db.prepare('INSERT INTO erased VALUES (?, ?)').run(seq, digest);
    db.prepare('UPDATE events SET salt = NULL, data = ? WHERE seq = ?').run(payloadText, seq);
    db.prepare('DELETE FROM blobs WHERE seq = ?').run(seq);
    if (key !== undefined) forgetContent(db, seq, key);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  } finally {
    db.exec('PRAGMA secure_delete = FAST');
  }
  // The pages as they were before stand in the WAL until it is begun anew.
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  return true;
}

/** Its id stays remembered, without what would tell whether a content was the same. */
function forgetContent(db: SqliteDatabase, seq: number, key: string): void {
  const days = db.prepare('SELECT day FROM seen_filters UNION SELECT max(day) FROM seen').all();
  const update = db.prepare('UPDATE seen SET digest = ?, sum = ? WHERE day = ? AND key = ?');
  const find = db.prepare('SELECT seq FROM seen WHERE day = ? AND key = ?');
  for (const { day } of days) {
    if (day === null || Number(find.get(day ?? null, key)?.['seq']) !== seq) continue;
    update.run('', rowSum('seen', Number(day), key, '', seq), day ?? null, key);
  }
}
