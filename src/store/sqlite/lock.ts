import { readFileSync, writeFileSync } from 'node:fs';
import { SignalboxError } from '../../std/errors.ts';
import type { SqliteDriver } from './driver.ts';
import { dataError, isBusy } from './faults.ts';

/** Held until it is released, or its process ends. */
export interface Lock {
  release(): void;
}

/** How long the lock is waited for: who has just taken it must have the time to say who it is. */
const WAIT_MS = 100;

/**
 * Takes the exclusive lock of a data directory: an open write transaction on a database of its own,
 * of which there is one. Of several that come at once, one gets it. The operating system frees it
 * when the holder dies, however it dies, and keeps it while the holder is merely stopped.
 *
 * @throws SignalboxError `data.locked` with the holder's pid, `data.unusable`.
 */
export function takeLock(driver: SqliteDriver, path: string): Lock {
  try {
    const db = driver.open(path);
    db.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
    // Not EXCLUSIVE: two that ask for that at once both hold what the other waits for.
    db.exec('BEGIN IMMEDIATE');
    writeFileSync(holderPath(path), JSON.stringify({ pid: process.pid }), { mode: 0o600 });
    return { release: () => db.close() };
  } catch (cause) {
    if (!isBusy(cause)) throw dataError(cause, path);
    const pid = holderOf(path);
    const who = pid === undefined ? 'another process' : `process ${pid}`;
    const message =
      `${path} is locked: ${who} uses this data directory. ` +
      `Stop it, or choose another with --data.`;
    throw new SignalboxError('data.locked', message, { cause, details: { pid } });
  }
}

function holderPath(path: string): string {
  return `${path}.holder`;
}

/** The process that took the lock last; undefined where it cannot be told. */
function holderOf(path: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(holderPath(path), 'utf8')) as { pid?: unknown };
    return typeof pid === 'number' ? pid : undefined;
  } catch {
    return undefined;
  }
}
