import type { Event } from '../events/event.ts';
import { isCall, type RunRetried } from '../runs/journal.ts';
import { namedFlow, repeatsEvent, seenEvent } from '../runs/named-start.ts';
import { decodeWindowClosed, decodeWindowExpired } from '../runs/window-closed.ts';
import type { LogIdentity, LogRecord } from '../store/contract.ts';
import type { ErasedMatch } from '../store/erased.ts';
import { isImported, toEvent } from '../store/record.ts';
import { filterSentence, type HookVerdict, seenUnder } from './hook-verdict.ts';
import { type FlowIndex, type Match, sourceOf } from './match.ts';
import { opens } from './pattern.ts';
import type { Counting, TallyTerm } from './tally.ts';
import { ownActorOf } from './own-actors.ts';

/**
 * What one record of the log means to the flows in force at its place, given what hooks said of it.
 * Pure: the audit asks it again.
 */
export function planRecord(
  record: LogRecord,
  index: FlowIndex,
  identity: LogIdentity,
  verdict?: HookVerdict,
): Match[] {
  if (isImported(record)) return [];
  const named = namedFlow(record);
  if (named === undefined && !index.mayMatch(record.type)) return [];
  let event: Event | undefined;
  const matches = index.match({
    type: record.type,
    source: sourceOf(record),
    subject: record.subject ?? undefined,
    hops: record.hops,
    named,
    ...(named !== undefined && repeatsEvent(record)
      ? { again: () => seenEvent(record, named, identity) }
      : {}),
    event: () => (event ??= seenUnder(verdict, toEvent(record, identity))),
    ownActor: () => ownActorOf(record, index.ownActors),
  });
  if (verdict?.kind !== 'filtered') return matches;
  const where = filterSentence(verdict);
  return matches.map(({ flow }) => ({ kind: 'filtered', flow, where, by: verdict }));
}

/**
 * The place in the log whose catalog says what a record means: its own, but for a window, which is
 * its flow's as it stood when the last event came into it.
 */
export function catalogPlace({ type, seq, causation }: LogRecord): number {
  return type === 'window.closed' ? (causation ?? seq) : seq;
}

/** A match without anything that its event holds. */
export function bareMatch(match: Match): ErasedMatch {
  const flow = match.flow.name;
  switch (match.kind) {
    case 'gathered':
      return { kind: match.kind, flow, key: match.key };
    case 'held': {
      const { kind, key, pattern, fits } = match;
      return { kind, flow, key, opens: opens(pattern, fits) };
    }
    default:
      return { kind: match.kind, flow };
  }
}

/** Counts what the record adds to the tally, given its matches. */
export function count(
  tally: Counting,
  record: LogRecord,
  matches: readonly Pick<Match, 'kind'>[],
): void {
  countRun(tally, record);
  countPattern(tally, record);
  // What a run records of itself is no arrival: it counts only where a flow listens to it.
  if (matches.length === 0 && record.stream === null) tally.unmatched++;
  for (const { kind } of matches) {
    if (kind === 'start') tally.started++;
    else if (kind === 'gathered') tally.coalesced++;
    else if (kind === 'held') tally.held++;
    else if (kind === 'filtered') tally.filtered++;
    else tally.dead_lettered++;
  }
}

/** A match that was counted as a start became this instead, since limits did not let it begin. */
export function recount(tally: Counting, became: 'dropped' | 'dead_lettered'): void {
  tally.started--;
  tally[became]++;
}

/** So many events that were counted as held are a part of no pattern. */
export function countStrays(tally: Counting, events: number): void {
  tally.held -= events;
  tally.filtered += events;
}

/** What became of the events that a pattern held: they are in a match, or in none. */
function countPattern(tally: Counting, record: LogRecord): void {
  const closed = decodeWindowClosed(record);
  const expired = decodeWindowExpired(record);
  const strays = expired?.count ?? closed?.passed?.length ?? 0;
  if (strays > 0) countStrays(tally, strays);
  if (closed?.pattern === undefined) return;
  tally.held -= closed.count;
  tally.coalesced += closed.count;
}

function countRun(tally: Counting, record: LogRecord): void {
  const { type, data } = record;
  const end = ENDS.get(type);
  if (end !== undefined) tally[end]++;
  else if (isCall(record)) tally.called++;
  else if (type === 'run.retried' || type === 'run.compensating') {
    const { ended } = JSON.parse(data) as Pick<RunRetried, 'ended'>;
    const taken = ended === null ? undefined : ENDED.get(ended);
    if (taken !== undefined) tally[taken]--;
  }
}

const ENDS: ReadonlyMap<string, TallyTerm> = new Map([
  ['run.succeeded', 'succeeded'],
  ['run.failed', 'failed'],
  ['run.noop', 'noop'],
  ['run.declined', 'declined'],
  ['run.cancelled', 'cancelled'],
  ['run.compensated', 'compensated'],
  ['run.stuck', 'compensation_stuck'],
]);

/** By the state in which a run had ended that was opened again. */
const ENDED: ReadonlyMap<string, TallyTerm> = new Map(
  Array.from(ENDS.values(), (term) => [term, term]),
);
