import type { Event } from '../events/event.ts';
import type { RunRetried } from '../runs/journal.ts';
import type { LogIdentity, LogRecord } from '../store/contract.ts';
import { toEvent } from '../store/record.ts';
import { type FlowIndex, type Match, sourceOf } from './match.ts';
import type { Counting, TallyTerm } from './tally.ts';

/**
 * What one record of the log means to the flows in force at its place. Pure: the audit asks it
 * again.
 */
export function planRecord(record: LogRecord, index: FlowIndex, identity: LogIdentity): Match[] {
  if (!index.mayMatch(record.type)) return [];
  let event: Event | undefined;
  return index.match({
    type: record.type,
    source: sourceOf(record),
    subject: record.subject ?? undefined,
    hops: record.hops,
    event: () => (event ??= toEvent(record, identity)),
  });
}

/** Counts what the record adds to the tally, given its matches. */
export function count(tally: Counting, record: LogRecord, matches: readonly Match[]): void {
  countRun(tally, record);
  // What a run records of itself is no arrival: it counts only where a flow listens to it.
  if (matches.length === 0 && record.stream === null) tally.unmatched++;
  for (const { kind } of matches) {
    if (kind === 'start') tally.started++;
    else if (kind === 'filtered') tally.filtered++;
    else tally.dead_lettered++;
  }
}

function countRun(tally: Counting, { type, data }: LogRecord): void {
  const end = ENDS.get(type);
  if (end !== undefined) tally[end]++;
  else if (type === 'run.started') tally.called += data.includes('"parent":') ? 1 : 0;
  else if (type === 'run.retried') {
    const { ended } = JSON.parse(data) as Pick<RunRetried, 'ended'>;
    const taken = ended === null ? undefined : ENDS.get(`run.${ended}`);
    if (taken !== undefined) tally[taken]--;
  }
}

const ENDS: ReadonlyMap<string, TallyTerm> = new Map([
  ['run.succeeded', 'succeeded'],
  ['run.failed', 'failed'],
  ['run.noop', 'noop'],
  ['run.cancelled', 'cancelled'],
]);
