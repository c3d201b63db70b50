import { newLogId } from '../../events/ids.ts';
import { OWN_VOCABULARY } from '../../events/own-types.ts';
import { SignalboxError } from '../../std/errors.ts';
import type { SqliteDatabase } from './driver.ts';
import { rowSum } from './row-sum.ts';

/**
 * The tables, as the steps that led to them. A file says in `user_version` how many it has taken.
 *
 * - `events` is the log. `id` and `source` are foreign; a record of a stream points to the stream's
 *   previous record with `prev`, so that a stream is read without an index.
 * - `segments` is the chain: one digest a commit group, over the group's records and the digest
 *   before.
 * - `runs` is folded from the log. Each open run stands in exactly one of two partial indexes, as
 *   `states.ts` tells: so a run that is born under way and ends costs one insert and one delete.
 * - `letters` are the dead letters, folded from the records that carry and that close them.
 * - `entities` are folded from the log too: proposals, and what else has a stream and is no run.
 * - `seen`, `seen_filters`, `checkpoints`, `windows`, `cursors` and `meta` are coordination state;
 *   DESIGN's class 3. No chain covers these and `names`, so each row has a sum of its own.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE events (
     seq INTEGER PRIMARY KEY, type TEXT NOT NULL, version INTEGER NOT NULL, source TEXT, id TEXT,
     subject TEXT, received INTEGER NOT NULL, correlation TEXT, causation INTEGER,
     hops INTEGER NOT NULL, stream INTEGER, prev INTEGER, attributes TEXT, salt TEXT, data TEXT
   ) STRICT;
   CREATE INDEX events_caused ON events (causation) WHERE causation IS NOT NULL AND stream IS NULL;
   CREATE INDEX events_rare ON events (type, seq)
     WHERE (type = 'catalog.activated' OR type = 'event.dead_lettered' OR type = 'flow.paused'
       OR type = 'flow.resumed');
   CREATE TABLE blobs (
     seq INTEGER NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (seq, part)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE segments (last INTEGER PRIMARY KEY, digest TEXT NOT NULL) STRICT;
   CREATE TABLE runs (
     id INTEGER PRIMARY KEY, version INTEGER NOT NULL, flow TEXT NOT NULL, catalog TEXT NOT NULL,
     event INTEGER NOT NULL, correlation TEXT NOT NULL, hops INTEGER NOT NULL,
     started INTEGER NOT NULL, lane TEXT NOT NULL, parent INTEGER, fork INTEGER, branch INTEGER,
     state INTEGER NOT NULL, at TEXT NOT NULL, attempt INTEGER NOT NULL, due INTEGER,
     epoch INTEGER NOT NULL, crashes INTEGER NOT NULL, ended INTEGER, reason TEXT
   ) STRICT;
   CREATE INDEX runs_due ON runs (lane, state, due, id) WHERE state IN (0, 2) AND due IS NOT NULL;
   CREATE INDEX runs_held ON runs (state, id) WHERE state < 16 AND (state IN (1, 3) OR due IS NULL);
   CREATE INDEX runs_event ON runs (event);
   CREATE INDEX runs_parent ON runs (parent, id) WHERE parent IS NOT NULL;
   CREATE TABLE letters (
     id INTEGER PRIMARY KEY, kind TEXT NOT NULL, event INTEGER NOT NULL, flow TEXT NOT NULL,
     run INTEGER, step TEXT, attempts INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
     at INTEGER NOT NULL, state TEXT NOT NULL, closed INTEGER
   ) STRICT;
   CREATE INDEX letters_open ON letters (id) WHERE closed IS NULL;
   CREATE TABLE seen (
     day INTEGER NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, seq INTEGER NOT NULL,
     sum TEXT NOT NULL, PRIMARY KEY (day, key)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE seen_filters (day INTEGER PRIMARY KEY, bits BLOB NOT NULL) STRICT;
   CREATE TABLE checkpoints (
     consumer TEXT PRIMARY KEY, seq INTEGER NOT NULL, state TEXT NOT NULL, sum TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE windows (
     flow TEXT NOT NULL, key TEXT NOT NULL, due INTEGER NOT NULL, state TEXT NOT NULL,
     sum TEXT NOT NULL, PRIMARY KEY (flow, key)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE meta (
     name TEXT PRIMARY KEY, value INTEGER NOT NULL, sum TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE names (
     since INTEGER PRIMARY KEY, log_id TEXT NOT NULL, sum TEXT NOT NULL
   ) STRICT;`,
  `CREATE TABLE cursors (
     source TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, sum TEXT NOT NULL,
     PRIMARY KEY (source, key)
   ) STRICT, WITHOUT ROWID;
   DROP INDEX IF EXISTS windows_due;`,
  `CREATE TABLE cuts (
     last INTEGER PRIMARY KEY, digest TEXT NOT NULL, event INTEGER NOT NULL,
     swept INTEGER NOT NULL, pruned INTEGER NOT NULL, sum TEXT NOT NULL
   ) STRICT;
   CREATE TABLE kept (
     seq INTEGER PRIMARY KEY, until INTEGER NOT NULL, run INTEGER, digest TEXT NOT NULL,
     sum TEXT NOT NULL
   ) STRICT;
   CREATE INDEX kept_until ON kept (until);
   CREATE INDEX kept_run ON kept (run) WHERE run IS NOT NULL;
   CREATE TABLE erased (seq INTEGER PRIMARY KEY, digest TEXT NOT NULL) STRICT;
   CREATE INDEX events_care ON events (type, seq)
     WHERE (type = 'event.erased' OR type = 'log.trimmed');`,
  `CREATE INDEX runs_correlation ON runs (correlation) WHERE branch IS NULL;`,
  `CREATE TABLE entities (
     id INTEGER PRIMARY KEY, version INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
     run INTEGER, due INTEGER, ended INTEGER, data TEXT NOT NULL
   ) STRICT;
   CREATE INDEX entities_open ON entities (kind, id) WHERE ended IS NULL;
   CREATE INDEX entities_due ON entities (kind, due, id) WHERE due IS NOT NULL;
   CREATE INDEX entities_run ON entities (run, id) WHERE run IS NOT NULL;`,
];

/**
 * How many pages the WAL may hold before a commit itself checkpoints it: a backstop, since the
 * writer does so between commits, where nobody waits for it.
 */
const WAL_PAGES = 1_000;
/** How long a start waits for a daemon that has let go of the lock, but not yet of the file. */
const BUSY_MS = 2_000;
const WAL_BYTES_MAX = 268_435_456;
const CACHE_KIB = 16_384;

/**
 * Sets the file up for durable writing and brings its tables up to date.
 *
 * @throws SignalboxError `data.newer` where a newer version wrote the file, `data.unusable` where
 *   the file system does not give the durability that the promises stand on.
 */
export function prepareSchema(db: SqliteDatabase): void {
  db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  db.exec('PRAGMA locking_mode = EXCLUSIVE');
  // Before anything is set: what a newer version wrote stays as it is, to the last byte.
  refuseNewer(db);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL');
  assertDurable(db);
  db.exec(`PRAGMA wal_autocheckpoint = ${WAL_PAGES}`);
  db.exec(`PRAGMA journal_size_limit = ${WAL_BYTES_MAX}`);
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  db.exec('PRAGMA trusted_schema = OFF');
  // What moves from page to page leaves nothing behind, so that it can be erased.
  db.exec('PRAGMA secure_delete = FAST');
  migrate(db);
}

function assertDurable(db: SqliteDatabase): void {
  const { journal_mode: journal } = db.prepare('PRAGMA journal_mode').get() ?? {};
  const { synchronous } = db.prepare('PRAGMA synchronous').get() ?? {};
  if (synchronous === 2 && (journal === 'wal' || journal === 'memory')) return;
  const message =
    `The database came up with journal_mode=${String(journal)} and ` +
    `synchronous=${String(synchronous)} instead of wal and 2 (FULL); ` +
    `put the data directory on a local file system.`;
  throw new SignalboxError('data.unusable', message);
}

/** @throws SignalboxError `data.newer` where this version does not know all that may be in it. */
export function refuseNewer(db: SqliteDatabase): void {
  const format = formatOf(db);
  if (format > MIGRATIONS.length) {
    throw newer(`has format ${format}, this version of Signalbox knows up to ${MIGRATIONS.length}`);
  }
  if (vocabularyOf(db, format) > OWN_VOCABULARY) {
    throw newer('was used by a version of Signalbox that knows more kinds of events than this one');
  }
}

function newer(problem: string): SignalboxError {
  const remedy = 'run that newer version, or restore a backup from before it.';
  return new SignalboxError('data.newer', `The database ${problem}; ${remedy}`);
}

/** The format that the database has; 0 of one that is no store. */
export function formatOf(db: SqliteDatabase): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

/** The largest vocabulary that wrote to the log, as far as that is known. */
function vocabularyOf(db: SqliteDatabase, format: number): number {
  if (format === 0) return 0;
  const row = db.prepare(`SELECT value FROM meta WHERE name = 'vocabulary'`).get();
  return Number(row?.['value'] ?? 0);
}

function migrate(db: SqliteDatabase): void {
  const version = formatOf(db);
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue;
    db.exec('BEGIN IMMEDIATE');
    db.exec(sql);
    if (index === 0) giveBirth(db);
    db.exec(`PRAGMA user_version = ${index + 1}`);
    db.exec('COMMIT');
  }
  if (vocabularyOf(db, MIGRATIONS.length) < OWN_VOCABULARY) {
    const row = ['vocabulary', OWN_VOCABULARY] as const;
    db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?, ?)').run(...row, rowSum('meta', ...row));
  }
}

/** The rows that a log is born with. */
function giveBirth(db: SqliteDatabase): void {
  const logId = newLogId();
  db.prepare('INSERT INTO names VALUES (1, ?, ?)').run(logId, rowSum('names', 1, logId));
  for (const [name, value] of [
    ['incarnation', 1],
    ['epoch', 0],
    ['clean_epoch', 0],
  ] as const) {
    db.prepare('INSERT INTO meta VALUES (?, ?, ?)').run(name, value, rowSum('meta', name, value));
  }
}
