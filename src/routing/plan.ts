import type { Event } from '../events/event.ts';
import { namedFlow } from '../runs/named-start.ts';
import type { LogIdentity, LogRecord } from '../store/contract.ts';
import { toEvent } from '../store/record.ts';
import { type FlowIndex, type Match, sourceOf } from './match.ts';
import { ownActorOf } from './own-actors.ts';
import type { Counting } from './tally.ts';

/**
 * What one record of the log means to the flows in force at its place. Pure: the audit asks it
 * again.
 */
export function planRecord(record: LogRecord, index: FlowIndex, identity: LogIdentity): Match[] {
  const named = namedFlow(record);
  if (named === undefined && !index.mayMatch(record.type)) return [];
  let event: Event | undefined;
  return index.match({
    type: record.type,
    source: sourceOf(record),
    subject: record.subject ?? undefined,
    hops: record.hops,
    named,
    ownActor: () => ownActorOf(record, index.ownActors),
    event: () => (event ??= toEvent(record, identity)),
  });
}

/**
 * The place in the log whose catalog says what a record means: its own, but for a window, which is
 * its flow's as it stood when the last event came into it.
 */
export function catalogPlace({ type, seq, causation }: LogRecord): number {
  return type === 'window.closed' ? (causation ?? seq) : seq;
}

/** Counts what the record adds to the tally, given its matches. */
export function count(tally: Counting, record: LogRecord, matches: readonly Match[]): void {
  if (record.type === 'run.succeeded') tally.succeeded++;
  else if (record.type === 'run.failed') tally.failed++;
  else if (record.type === 'run.noop') tally.noop++;
  // What a run records of itself is no arrival: it counts only where a flow listens to it.
  if (matches.length === 0 && record.stream === null) tally.unmatched++;
  for (const { kind } of matches) {
    if (kind === 'start') tally.started++;
    else if (kind === 'gathered') tally.coalesced++;
    else if (kind === 'filtered') tally.filtered++;
    else tally.dead_lettered++;
  }
}

/** A match that was counted as a start became this instead, since limits did not let it begin. */
export function recount(tally: Counting, became: 'dropped' | 'dead_lettered'): void {
  tally.started--;
  tally[became]++;
}
