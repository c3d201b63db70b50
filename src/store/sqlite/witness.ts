import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { SignalboxError } from '../../std/errors.ts';

/** What the log was known to hold at some instant: kept outside the database. */
export interface Testimony {
  readonly logId: string;
  readonly seq: number;
  readonly digest: string;
}

/**
 * Remembers beside the database how far it was, so that a database that was cut short or replaced
 * by an older copy is noticed at the next start.
 */
export interface Witness {
  /** Undefined where there is none yet. */
  read(): Testimony | undefined;
  write(testimony: Testimony): void;
}

/** A witness in a file of its own, replaced whole. */
export function fileWitness(path: string): Witness {
  return {
    read: () => readTestimony(path),
    write: (testimony) => {
      const draft = `${path}.new`;
      const file = openSync(draft, 'w', 0o600);
      try {
        writeSync(file, `${JSON.stringify(testimony)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(draft, path);
    },
  };
}

function readTestimony(path: string): Testimony | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { logId, seq, digest } = JSON.parse(text) as Testimony;
    if (typeof logId === 'string' && Number.isSafeInteger(seq) && typeof digest === 'string') {
      return { logId, seq, digest };
    }
  } catch {
    // Told below: what cannot be read testifies to nothing.
  }
  const message =
    `${path} cannot be read as a witness; ` +
    `delete it if the database beside it is known to be good.`;
  throw new SignalboxError('data.corrupt', message);
}

/**
 * @throws SignalboxError `data.corrupt` where the log is not the one that was witnessed, or ends
 *   before it.
 */
export function assertWitnessed(
  testimony: Testimony,
  log: { readonly logId: string; readonly head: number; digestAt(seq: number): string | undefined },
): void {
  const { seq } = testimony;
  if (testimony.logId === log.logId && (seq === 0 || log.digestAt(seq) === testimony.digest))
    return;
  const found =
    testimony.logId === log.logId ? `ends at ${log.head} or differs there` : 'is another log';
  const message =
    `The database is not the one that was last in use: ` +
    `event ${seq} of log ${testimony.logId} was acknowledged, and this one ${found}. ` +
    `Put the right file back, or delete the file "witness" ` +
    `beside it to accept the loss.`;
  throw new SignalboxError('data.corrupt', message, { details: { seq } });
}
