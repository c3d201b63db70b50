import { excerpt } from '../flows/cel/messages.ts';
import type { LogIdentity, RunState } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import type { Disposition } from './disposition.ts';
import type { EventWithRuns } from './event-view.ts';

/** What became of an event at one flow, down to how the run stands that it started. */
export interface Fate extends Disposition {
  /** Of the run that was started; null where none was. */
  readonly state: RunState | null;
}

/** How much of a run's or a flow's reason a sentence holds. */
const REASON_SHOWN_MAX = 200;

/**
 * What became of an event at each flow that listens to it. Of a run that failed or waits the reason
 * is its own.
 */
export function fatesOf({ event, runs }: EventWithRuns, identity: LogIdentity): Fate[] {
  const rows = new Map(runs.map((row) => [idOf(identity, row.id), row]));
  return event.disposition.map((disposition) => {
    const row = rows.get(disposition.run ?? '');
    if (row === undefined) return { ...disposition, state: null };
    return { ...disposition, reason: row.reason, state: row.state };
  });
}

/** One sentence about it, without its full stop. */
export function fateSentence(fate: Fate): string {
  const { flow, outcome, reason, run, state, hook, rule, pattern } = fate;
  const name = `flow "${flow}"`;
  const why = reason === null ? '' : `: ${excerpt(reason, REASON_SHOWN_MAX)}`;
  switch (outcome) {
    case 'started':
      return `${name} started run ${run ?? ''} (${state ?? 'started'})${why}`;
    case 'coalesced':
      return `${name} took it together with others${why}`;
    case 'filtered':
      if (hook !== undefined) return `${name} did not hear of it${why}`;
      if (rule !== undefined || pattern !== undefined) return `${name} filtered it${why}`;
      return `${name} filtered it, since its condition is false${why}`;
    case 'dropped':
      return `${name} dropped it${why}`;
    case 'dead_lettered':
      return `${name} could not take it${why}`;
    case 'waiting':
      if (pattern !== undefined) return `${name} has it wait for the rest of a pattern${why}`;
      return `${name} is asked when the router comes to it`;
  }
}

/** What became of an event as a whole, in a sentence. */
export function fateOfEvent(
  fates: readonly Fate[],
  { seq, routed }: { readonly seq: number; readonly routed: number },
): string {
  if (fates.length > 0) return fates.map(fateSentence).join('; ');
  return seq > routed ? 'it waits to be routed' : 'no flow listens to such an event';
}
