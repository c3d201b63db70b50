import { existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { newLogId } from '../../events/ids.ts';
import { syncPath } from '../../std/atomic-file.ts';
import { SignalboxError } from '../../std/errors.ts';
import type { CopyReport } from '../care.ts';
import type { RecordDraft } from '../contract.ts';
import { ownRecord } from '../record.ts';
import type { RestoredData } from '../restored.ts';
import { inspectCopy, makeEmpty } from './copy.ts';
import type { SqliteDatabase, SqliteDriver } from './driver.ts';
import { dataError } from './faults.ts';
import { takeLock } from './lock.ts';
import { metaValue, setMetaValue } from './meta.ts';
import { makePrivateDirectory } from './private-files.ts';
import { rowSum } from './row-sum.ts';
import { prepareSchema } from './schema.ts';
import { refuseElsewhere } from '../store-pin.ts';
import { encodeUnit, type Flat } from './wire.ts';
import { SqliteWriter } from './writer.ts';

/** Who pauses what is restored, as the log says it. */
const RESTORE_ACTOR = 'restore';
/** Open runs that the record of a restore names; of more it has the number. */
const OPEN_MAX = 10_000;
/**
 * What the epoch is raised by: more sessions than the lost future can have had, so that no epoch
 * of it comes again.
 */
const EPOCHS_LOST = 1_000_000;

export interface RestoreOptions {
  readonly driver: SqliteDriver;
  /** The copy; it is read and stays as it is. */
  readonly file: string;
  /** The data directory; it is made where it is missing. */
  readonly directory: string;
  /** Whether a store that is there already gives way; it is kept beside the new one. */
  readonly replace: boolean;
  /** The time, in milliseconds since 1970. */
  readonly now: number;
}

/** What came of a restore. */
export interface Restored extends CopyReport {
  readonly incarnation: number;
  /** Runs that were open when the copy was made: what they did since then is unknown. */
  readonly open: number;
  /** Where the store that was there is kept; null where there was none. */
  readonly kept: string | null;
}

/**
 * Makes a data directory's store of a copy: checked first, then put in its place in one step.
 *
 * The log goes on under a new name and a higher incarnation, so that no key of what happened after
 * the copy is ever used again, and everything is paused.
 *
 * @throws SignalboxError `data.locked` where a daemon runs, `restore.occupied` where there is a
 *   store and `replace` is not set, `restore.absent`, `data.corrupt`, `data.newer`,
 *   `data.unusable`.
 */
export function restoreCopy(options: RestoreOptions): Restored {
  const { driver, directory, file, replace, now } = options;
  const path = `${directory}/signalbox.db`;
  const draft = `${path}.restoring`;
  // Before anything is made: where the copy is none, nothing is left behind.
  if (!existsSync(file)) throw absent(file);
  const report = inspectCopy(driver, file);
  makePrivateDirectory(directory);
  refuseElsewhere(directory);
  const lock = takeLock(driver, `${directory}/lock.db`);
  try {
    if (existsSync(path) && !replace) throw occupied(directory);
    assertNotKept(path);
    removeAll(draft);
    makeEmpty(draft);
    copyInto(driver, file, draft);
    const { incarnation, open } = beginAnew(draft, { driver, now, lost: settle(driver, path) });
    inspectCopy(driver, draft);
    syncPath(draft);
    const kept = existsSync(path) ? setAside(path) : null;
    // Of another log: it would be taken for proof that this one is the wrong one.
    rmSync(`${directory}/witness`, { force: true });
    renameSync(draft, path);
    syncPath(directory);
    return { ...report, incarnation, open, kept };
  } catch (cause) {
    throw dataError(cause, path);
  } finally {
    removeAll(draft);
    lock.release();
  }
}

/** A store that gave way before is the only one of its kind: it is not overwritten. */
function assertNotKept(path: string): void {
  const kept = keptName(path);
  if (!existsSync(path) || !existsSync(kept) || isSame(path, kept)) return;
  const message = `${kept} is there from a restore before; move it away, or delete it.`;
  throw new SignalboxError('restore.occupied', message);
}

function keptName(path: string): string {
  return `${path}.replaced`;
}

/** Whether both names are one file: so a crash leaves it between the two steps that rename it. */
function isSame(one: string, other: string): boolean {
  return statSync(one).ino === statSync(other).ino;
}

function absent(file: string): SignalboxError {
  return new SignalboxError('restore.absent', `There is no file ${file}; name a backup.`);
}

function occupied(directory: string): SignalboxError {
  const remedy = 'Name another with --data, or add --replace: what is there is kept beside it.';
  const message = `The data directory ${directory} holds a log already. ${remedy}`;
  return new SignalboxError('restore.occupied', message);
}

function copyInto(driver: SqliteDriver, file: string, draft: string): void {
  const db = driver.open(file);
  try {
    db.prepare('VACUUM INTO ?').run(draft);
  } finally {
    db.close();
  }
}

/** The last session of a store, by which targets know whose word is the newer one. */
interface Session {
  readonly incarnation: number;
  readonly epoch: number;
}

const NO_SESSION: Session = { incarnation: 0, epoch: 0 };

/**
 * Gives the copy its new name and its pause, both in records of its own chain. It comes behind the
 * copy and behind what it replaces, which may have been restored of the same copy.
 */
function beginAnew(
  draft: string,
  { driver, now, lost }: Pick<RestoreOptions, 'driver' | 'now'> & { readonly lost: Session },
): { readonly incarnation: number; readonly open: number } {
  const db = driver.open(draft);
  try {
    prepareSchema(db);
    const writer = new SqliteWriter(db);
    const { head } = writer;
    const incarnation = Math.max(metaValue(db, 'incarnation'), lost.incarnation) + 1;
    const epoch = Math.max(metaValue(db, 'epoch'), lost.epoch) + EPOCHS_LOST;
    const { open, count } = openRuns(db);
    const data: RestoredData = { incarnation, head, open, open_count: count };
    db.exec('BEGIN IMMEDIATE');
    setMetaValue(db, 'incarnation', incarnation);
    setMetaValue(db, 'epoch', epoch);
    // What the lost session left was no crash of this one.
    setMetaValue(db, 'clean_epoch', epoch);
    const logId = newLogId();
    db.prepare('INSERT INTO names VALUES (?, ?, ?)').run(
      head + 1,
      logId,
      rowSum('names', head + 1, logId),
    );
    db.exec('COMMIT');
    append(writer, recordsOf(data, Math.max(now, lastReceived(db))));
    letGo(db);
    return { incarnation, open: count };
  } finally {
    db.close();
  }
}

/**
 * Makes one file of it, and frees it: a driver may keep a database open that is closed, for as long
 * as it has not forgotten each of its statements.
 */
function letGo(db: SqliteDatabase): void {
  db.exec('PRAGMA journal_mode = DELETE');
  db.exec('PRAGMA locking_mode = NORMAL');
  db.exec('SELECT count(*) FROM names');
}

function recordsOf(data: RestoredData, received: number): RecordDraft[] {
  const cause = { correlation: null, causation: null, hops: 0 };
  const reason = `restored from a backup that ends at event ${data.head}`;
  const pause = { flow: null, by: RESTORE_ACTOR, reason };
  return [
    ownRecord('log.restored', JSON.stringify(data), received, cause),
    ownRecord('flow.paused', JSON.stringify(pause), received, cause),
  ];
}

function append(writer: SqliteWriter, records: readonly RecordDraft[]): void {
  const batch: Flat = [];
  encodeUnit({ writes: records.map((record) => ({ kind: 'event', record }) as const) }, batch);
  writer.write(batch);
  writer.commit();
}

function openRuns(db: SqliteDatabase): Pick<RestoredData, 'open'> & { readonly count: number } {
  const rows = db
    .prepare('SELECT id, at FROM runs WHERE state < 16 ORDER BY id LIMIT ?')
    .all(OPEN_MAX);
  const counted = db.prepare('SELECT count(*) AS n FROM runs WHERE state < 16').get();
  const open = rows.map(({ id, at }) => [Number(id), String(at)] as const);
  return { open, count: Number(counted?.['n'] ?? 0) };
}

function lastReceived(db: SqliteDatabase): number {
  const last = db.prepare('SELECT received FROM events ORDER BY seq DESC LIMIT 1').get();
  return Number(last?.['received'] ?? 0);
}

/** The store that is there stays whole under another name, and in its place until that is taken. */
function setAside(path: string): string {
  const kept = keptName(path);
  if (!existsSync(kept)) {
    removeAll(kept);
    linkSync(path, kept);
  }
  for (const beside of ['-wal', '-shm']) {
    if (existsSync(path + beside)) renameSync(path + beside, kept + beside);
  }
  return kept;
}

/**
 * Has SQLite take into the file of a store what stands beside it, and says which session it had;
 * one that is damaged is kept as it is, and nothing is known of it.
 */
function settle(driver: SqliteDriver, path: string): Session {
  if (!existsSync(path)) return NO_SESSION;
  try {
    const db = driver.open(path);
    try {
      // Before any statement is prepared: one that is remembered would keep what is beside it open.
      db.exec('PRAGMA journal_mode = DELETE');
      return { incarnation: metaValue(db, 'incarnation'), epoch: metaValue(db, 'epoch') };
    } finally {
      db.close();
    }
  } catch {
    // It gives way because it cannot be used: nothing of it is needed here.
    return NO_SESSION;
  }
}

function removeAll(path: string): void {
  for (const beside of ['', '-wal', '-shm', '-journal']) rmSync(path + beside, { force: true });
}
