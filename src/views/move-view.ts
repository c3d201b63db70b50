import { type Decision, decodeJournal } from '../runs/journal.ts';
import type { MoveDifferences } from '../runs/move-record.ts';
import type { LogRecord } from '../store/contract.ts';

/** That somebody had a run go on by another catalog. The time is ISO 8601. */
export interface MoveView extends Decision {
  readonly time: string;
  /** The hashes of the catalogs. */
  readonly from: string;
  readonly to: string;
  /** The step at which it went on. */
  readonly step: string;
  /** What of the new definition did not fit what was done, and was accepted; null for nothing. */
  readonly accepted: MoveDifferences | null;
}

/** The moves of a run by its records; nothing where there were none. */
export function movesOf(records: readonly LogRecord[]): { readonly moves?: readonly MoveView[] } {
  const moves = records.flatMap((record) => {
    const entry = record.type === 'run.moved' ? decodeJournal(record) : undefined;
    if (entry?.type !== 'run.moved') return [];
    const { by, reason, from, catalog: to, step, accepted = null } = entry;
    return [
      { time: new Date(record.received).toISOString(), by, reason, from, to, step, accepted },
    ];
  });
  return moves.length === 0 ? {} : { moves };
}
