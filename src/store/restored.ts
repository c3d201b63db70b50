import type { LogRecord } from './contract.ts';

/** What the record of a restore holds: the first one under the log's new name. */
export interface RestoredData {
  readonly incarnation: number;
  /** The log's last record in the backup. */
  readonly head: number;
  /** Each run that was open there with the path of its step, the oldest first; so many at most. */
  readonly open: readonly (readonly [run: number, at: string])[];
  /** How many there were. */
  readonly open_count: number;
}

/** Reads a `log.restored`. */
export function decodeRestored({ data }: LogRecord): RestoredData {
  return JSON.parse(data) as RestoredData;
}
