import type { Event } from '../events/event.ts';
import type { Awaited, Awaiting } from '../runs/awaiting.ts';
import { decodeJournal } from '../runs/journal.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { toEvent } from '../store/record.ts';
import { type HookVerdict, seenUnder } from './hook-verdict.ts';

/** A wait that nothing has come for yet. */
export interface OpenWait extends Awaiting {
  /** The run that rests at it: of a branch, the branch. */
  readonly run: number;
  /** The seq of its record: what is newer is shown to it, what is older is looked up. */
  readonly registered: number;
  /** The id of its step. */
  readonly step: string;
}

/** The wait that a record is of; undefined for any other record. */
export function waitOf(record: LogRecord): OpenWait | undefined {
  if (record.type !== 'step.waiting' || !record.data.includes('"wait":')) return undefined;
  const entry = decodeJournal(record);
  if (entry?.type !== 'step.waiting' || entry.wait === undefined) return undefined;
  const wait: Awaiting = entry.wait;
  const run = record.stream ?? record.seq;
  return { ...wait, step: entry.step, run, registered: record.seq };
}

/** The event as flows see it; undefined where its payload is gone. */
export function eventOf(
  record: LogRecord,
  verdict: HookVerdict | undefined,
  { identity }: Pick<Store, 'identity'>,
): Event | undefined {
  try {
    return seenUnder(verdict, toEvent(record, identity));
  } catch {
    return undefined;
  }
}

/** What a run is given of an event. */
export function awaitedOf(event: number, verdict: HookVerdict | undefined): Awaited {
  return verdict?.kind === 'amended' ? { event, data: verdict.data } : { event };
}
