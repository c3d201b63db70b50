import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { SignalboxError } from '../../std/errors.ts';
import { dataError } from './faults.ts';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/** The database, and what SQLite may have left beside it: later ones take over its rights. */
const DATABASE = 'signalbox.db';
const FILES = [DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`, 'lock.db', 'lock.db-journal'];
/** Those that are made here, so that they are private from their first byte on. */
const MADE = [DATABASE, 'lock.db'];

/**
 * Makes a data directory where it is missing, for its owner alone, which keeps itself out of git,
 * whatever repository it lies in. One that is there already must
 * be ours, and nobody else may write in it: who could, could have put anything there.
 *
 * @throws SignalboxError `data.unusable` where that is not so, or it cannot be made.
 */
export function makePrivateDirectory(directory: string): void {
  try {
    const made = mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
    if (made !== undefined) {
      writeFileSync(join(directory, '.gitignore'), '*\n', { mode: FILE_MODE });
    }
    const problem = problemOf(directory);
    if (problem !== undefined) throw new SignalboxError('data.unusable', problem);
    const { mode } = statSync(directory);
    // A folder that also holds other things is the user's: there our files alone are private.
    if ((mode & OTHERS) !== 0 && isDataDirectory(directory)) chmodSync(directory, DIRECTORY_MODE);
  } catch (cause) {
    throw cause instanceof SignalboxError ? cause : dataError(cause, directory);
  }
}

/**
 * Makes the files of a database private before SQLite opens them: it makes its own as the umask
 * says. Files that are there are not opened, since closing one would let go of SQLite's locks.
 */
export function makePrivateFiles(directory: string, made: readonly string[] = MADE): void {
  try {
    for (const name of made) {
      const path = join(directory, name);
      if (!existsSync(path)) closeSync(openSync(path, 'a', FILE_MODE));
    }
    for (const path of FILES.map((name) => join(directory, name))) {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() === true && (stats.mode & OTHERS) !== 0) chmodSync(path, FILE_MODE);
    }
  } catch (cause) {
    throw dataError(cause, directory);
  }
}

function problemOf(directory: string): string | undefined {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  const problem = strangerIn(lstatSync(directory), own) ?? strangerIn(statSync(directory), own);
  return problem && `${directory} cannot be used: ${problem}, or choose another with --data.`;
}

/** Who else could have put something into a directory, and what to do; undefined where nobody. */
export function strangerIn(
  stats: Pick<Stats, 'uid' | 'mode' | 'isSymbolicLink'>,
  own: number,
): string | undefined {
  if (stats.uid !== own) return 'it belongs to another user; make it yours (chown)';
  // A link's own mode says nothing.
  const isOpen = !stats.isSymbolicLink() && (stats.mode & OTHERS_WRITE) !== 0;
  return isOpen ? 'others may write in it; take that from them (chmod go-w)' : undefined;
}

function isDataDirectory(directory: string): boolean {
  const names = readdirSync(directory);
  return names.length === 0 || names.includes(DATABASE);
}
