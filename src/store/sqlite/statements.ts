import type { SqliteDatabase, SqliteStatement } from './driver.ts';

/** What the writer says to the database, each prepared once. */
export type Statements = { readonly [K in keyof typeof SQL]: SqliteStatement };

const SQL = {
  event: `INSERT INTO events (seq, type, version, source, id, subject, received, correlation,
            causation, hops, stream, prev, attributes, salt, data)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  part: 'INSERT INTO blobs (seq, part, bytes) VALUES (?, ?, ?)',
  checkpoint: 'PRAGMA wal_checkpoint(PASSIVE)',
  segment: 'INSERT INTO segments (last, digest) VALUES (?, ?)',
  open: `INSERT INTO runs (id, version, flow, catalog, event, correlation, hops, started, lane,
           parent, fork, branch, state, at, attempt, due, epoch, crashes, ended, reason)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  advance: `UPDATE runs SET state = ?, at = ?, attempt = ?, due = ?, epoch = ?, crashes = ?,
              ended = ?, reason = ?, version = ?
            WHERE id = ? AND version = ? AND epoch = ?`,
  pin: 'UPDATE runs SET catalog = ? WHERE id = ?',
  moveCheckpoint:
    'UPDATE checkpoints SET seq = ?, state = ?, sum = ? WHERE consumer = ? AND seq = ?',
  beginCheckpoint: `INSERT INTO checkpoints (consumer, seq, state, sum) VALUES (?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  letter: `INSERT INTO letters (id, kind, event, flow, run, step, attempts, code, message, at,
             state)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')`,
  closeLetter: 'UPDATE letters SET state = ?, closed = ? WHERE id = ? AND closed IS NULL',
  openEntity: `INSERT INTO entities (id, version, kind, state, run, due, ended, data)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  moveEntity: `UPDATE entities SET state = ?, due = ?, ended = ?, data = ?, version = ?
               WHERE id = ? AND version = ?`,
  window: `INSERT INTO windows (flow, key, due, state, sum) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET due = excluded.due, state = excluded.state, sum = excluded.sum`,
  closeWindow: 'DELETE FROM windows WHERE flow = ? AND key = ?',
  cursor: `INSERT INTO cursors (source, key, value, sum) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value, sum = excluded.sum`,
  forgetCursor: 'DELETE FROM cursors WHERE source = ? AND key = ?',
} as const;

/** Prepares all of them, on a database whose tables are there. */
export function prepareStatements(db: SqliteDatabase): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
  return Object.fromEntries(prepared) as Statements;
}
