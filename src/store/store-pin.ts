import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../std/atomic-file.ts';
import { SignalboxError } from '../std/errors.ts';

/** Which log a data directory belongs to whose log lies in a database elsewhere. */
interface Pin {
  readonly store: 'postgres';
  /** The name that the log was born with. */
  readonly log: string;
  /** Where it was found last, without the password. */
  readonly database: string;
}

const FILE = 'store.json';

/**
 * Refuses a data directory whose log is in PostgreSQL: what would be written beside it would be
 * another log, and nobody would see it.
 *
 * @throws SignalboxError `store.elsewhere`.
 */
export function refuseElsewhere(directory: string): void {
  const pin = readPin(directory);
  if (pin === undefined) return;
  const message =
    `The log of ${directory} is in PostgreSQL, at ${pin.database}. Its daemon reaches it, and ` +
    'commands ask that: start it with the same store, or choose another directory with --data.';
  throw new SignalboxError('store.elsewhere', message);
}

/**
 * Refuses a data directory that holds a log of its own, or belongs to another one: its keys and its
 * token are that log's.
 *
 * @throws SignalboxError `store.elsewhere`.
 */
export function pinTo(directory: string, pin: Omit<Pin, 'store'>): void {
  const size = statSync(join(directory, 'signalbox.db'), { throwIfNoEntry: false })?.size ?? 0;
  const known = readPin(directory);
  const other = size > 0 ? 'a log in SQLite' : `the log ${known?.log} at ${known?.database}`;
  if (size > 0 || (known !== undefined && known.log !== pin.log)) {
    const message =
      `${directory} belongs to ${other}, and ${pin.database} holds the log ${pin.log}. ` +
      'Choose another data directory with --data, or name the store that this one belongs to.';
    throw new SignalboxError('store.elsewhere', message);
  }
  const text = `${JSON.stringify({ store: 'postgres', ...pin } satisfies Pin)}\n`;
  writeFileAtomic(join(directory, FILE), text, 0o600);
}

function readPin(directory: string): Pin | undefined {
  const file = join(directory, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Pin) : undefined;
}
