import { OWN_SOURCE } from '../events/event.ts';
import { matches, type Matchable } from '../events/pattern.ts';
import type { Catalog } from '../flows/catalog.ts';
import type { Flow, Trigger } from '../flows/flow.ts';
import type { LogIdentity, LogRecord, RunRow } from '../store/contract.ts';
import { idOf } from '../store/record.ts';

/** What became of one event at one flow whose pattern it matches. */
export interface Disposition {
  readonly flow: string;
  readonly outcome: 'started' | 'filtered' | 'waiting' | 'dead_lettered';
  /** Why no run was started; null where one was, and while the event waits. */
  readonly reason: string | null;
  /** The id of the run that was started. */
  readonly run: string | null;
}

/** What the log says of an event's fate. */
export interface Fate {
  /** The last seq that is routed. */
  readonly routed: number;
  /** The runs that the event started. */
  readonly runs: readonly RunRow[];
  readonly deadLetters: readonly DeadLetter[];
}

/** A match that failed; of every flow where `flow` is null. */
export interface DeadLetter {
  readonly flow: string | null;
  readonly reason: string;
}

/** The flows whose patterns an event matches, whatever their conditions say. */
export function matchingFlows(catalog: Catalog, record: LogRecord): Flow[] {
  return [...catalog.flows.values()].filter((flow) => matchingTriggers(flow, record).length > 0);
}

/**
 * What became of an event at each of the flows that it matches.
 *
 * Told by the log alone and not by testing conditions again: a condition may look at the clock, and
 * what counts is what it said when the event was routed.
 */
export function dispositions(
  {
    record,
    flows,
    fate,
  }: { readonly record: LogRecord; readonly flows: readonly Flow[]; readonly fate: Fate },
  identity: LogIdentity,
): Disposition[] {
  return flows.map((flow) => {
    const run = fate.runs.find((row) => row.flow === flow.name);
    if (run !== undefined) {
      return { flow: flow.name, outcome: 'started', reason: null, run: idOf(identity, run.id) };
    }
    const letter = fate.deadLetters.find((each) => each.flow === null || each.flow === flow.name);
    if (letter !== undefined) return ended(flow, 'dead_lettered', letter.reason);
    if (record.seq > fate.routed) return ended(flow, 'waiting', null);
    return ended(flow, 'filtered', conditionsOf(flow, record));
  });
}

function ended(flow: Flow, outcome: Disposition['outcome'], reason: string | null): Disposition {
  return { flow: flow.name, outcome, reason, run: null };
}

function conditionsOf(flow: Flow, record: LogRecord): string {
  return matchingTriggers(flow, record)
    .flatMap(({ where }) => (where === undefined ? [] : [where.text]))
    .join(' || ');
}

function matchingTriggers(flow: Flow, record: LogRecord): Trigger[] {
  const event: Matchable = {
    type: record.type,
    source: record.source ?? OWN_SOURCE,
    subject: record.subject ?? undefined,
  };
  return flow.triggers.filter(({ pattern }) => matches(pattern, event));
}
