import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { chmod, link, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncPath } from '../../std/atomic-file.ts';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import type { CopyReport } from '../care.ts';
import type { SqliteDatabase, SqliteDriver } from './driver.ts';
import { dataError } from './faults.ts';
import { metaValue, namesOf } from './meta.ts';
import { formatOf, refuseNewer } from './schema.ts';
import { Verifier } from './verifier.ts';

const OWNER_ONLY = 0o600;

/** How a copy is made, and looked at when it is there. */
export interface Copying {
  /** Copies the database into the file, which is there and empty. */
  readonly copy: (draft: string) => Promise<void>;
  readonly inspect: (draft: string) => Promise<CopyReport>;
}

/**
 * Writes a copy of a database into a file that must not be there: whole, checked and on disk, or
 * not at all. What a crash leaves has another name, and the next copy to the same file removes it.
 */
export async function writeCopy(file: string, { copy, inspect }: Copying): Promise<CopyReport> {
  if (existsSync(file)) throw taken(file);
  const draft = `${file}.part`;
  try {
    await removeDraft(draft);
    makeEmpty(draft);
    await copy(draft);
    const report = await inspect(draft);
    await chmod(draft, OWNER_ONLY);
    syncPath(draft);
    await link(draft, file);
    syncPath(dirname(file));
    return report;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw taken(file);
    const remedy = 'Check that its folder is there, writable and has space, and try again.';
    const message = `The backup ${file} could not be written: ${messageOf(cause)} ${remedy}`;
    throw new SignalboxError('backup.failed', message, { cause });
  } finally {
    await removeDraft(draft);
  }
}

/** With what SQLite has made beside it, also in a process that was killed. */
async function removeDraft(draft: string): Promise<void> {
  for (const beside of ['', '-wal', '-shm', '-journal']) await rm(draft + beside, { force: true });
}

function taken(file: string): SignalboxError {
  const message = `${file} is there already, and no backup overwrites anything; name another file.`;
  return new SignalboxError('backup.exists', message);
}

/** Nobody else ever sees a byte of it: it has its rights before it has content. */
export function makeEmpty(path: string): void {
  rmSync(path, { force: true });
  closeSync(openSync(path, 'wx', OWNER_ONLY));
}

/**
 * Reads a copy of a database whole, its pages, its indexes and its chain, and makes one file of it.
 *
 * @throws SignalboxError `data.corrupt` where it is not what a store wrote, `data.newer`.
 */
export function inspectCopy(driver: SqliteDriver, path: string): CopyReport {
  let db: SqliteDatabase | undefined;
  try {
    db = driver.open(path);
    // What is copied with its source's journal mode would come with files beside it.
    db.exec('PRAGMA journal_mode = DELETE');
    db.exec('PRAGMA trusted_schema = OFF');
    assertStore(db);
    namesOf(db);
    for (const name of ['incarnation', 'epoch', 'clean_epoch']) metaValue(db, name);
    assertWhole(db);
    return { ...endOf(db), bytes: statSync(path).size };
  } catch (cause) {
    throw dataError(cause, path, 'Take another copy.');
  } finally {
    db?.close();
  }
}

/** An empty file is a database too, and no store. */
function assertStore(db: SqliteDatabase): void {
  refuseNewer(db);
  if (formatOf(db) > 0) return;
  throw new SignalboxError('data.corrupt', 'The file is no store of Signalbox; name a backup.');
}

function assertWhole(db: SqliteDatabase): void {
  const verifier = new Verifier(db, true);
  let step = verifier.step();
  while (step.report === undefined) step = verifier.step();
  const { firstBad } = step.report;
  if (firstBad === null) return;
  const remedy = 'Take another copy.';
  const message = `The copy is damaged at event ${firstBad.seq}: ${firstBad.reason}. ${remedy}`;
  throw new SignalboxError('data.corrupt', message);
}

function endOf(db: SqliteDatabase): Omit<CopyReport, 'bytes'> {
  const last = db.prepare('SELECT last, digest FROM segments ORDER BY last DESC LIMIT 1').get();
  const name = db.prepare('SELECT log_id FROM names ORDER BY since LIMIT 1').get();
  return {
    head: Number(last?.['last'] ?? 0),
    digest: String(last?.['digest'] ?? ''),
    logId: String(name?.['log_id'] ?? ''),
  };
}
