import { SignalboxError } from '../../std/errors.ts';

/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const BUSY = 5;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const NOTADB = 26;
/** The file was taken away under us: to wait for it to become writable again would be for ever. */
const READONLY_DBMOVED = 1032;

/** Whether space is what is missing: the one failure of a write that the process may outlive. */
export function isDiskFull(error: unknown): boolean {
  const code = resultCode(error);
  return code === FULL || (code === READONLY && extendedCode(error) !== READONLY_DBMOVED);
}

/** Whether somebody else holds the file. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

/** What to do where a log is damaged. */
const DAMAGED_REMEDY = 'Restore a backup, or move the file away to begin a new log.';

/**
 * What a failure of the database means to the user, with what to do about it; `ifDamaged` is that
 * for a file that is damaged.
 */
export function dataError(
  cause: unknown,
  path: string,
  ifDamaged: string = DAMAGED_REMEDY,
): SignalboxError {
  if (cause instanceof SignalboxError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code = resultCode(cause);
  if (code === CORRUPT || code === NOTADB) {
    const message = `${path} is damaged: ${reason}. ${ifDamaged}`;
    return new SignalboxError('data.corrupt', message, { cause });
  }
  if (code === BUSY) {
    const remedy = 'End it, or choose another data directory with --data.';
    const message = `${path} is locked: another program has this database open. ${remedy}`;
    return new SignalboxError('data.locked', message, { cause });
  }
  const remedy = 'Check that the disk is healthy and writable by this user and has free space.';
  return new SignalboxError('data.unusable', `${path} cannot be used: ${reason}. ${remedy}`, {
    cause,
  });
}

/** The primary code in an error of any of the drivers; they carry the extended one. */
function resultCode(error: unknown): number | undefined {
  const code = extendedCode(error);
  return code === undefined ? undefined : code & 0xff;
}

function extendedCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return Number(error.errcode);
}
