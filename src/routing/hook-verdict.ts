import type { Event } from '../events/event.ts';
import type { Json } from '../std/json.ts';
import type { LogIdentity, LogRecord, RecordDraft } from '../store/contract.ts';
import { correlationOf, ownRecord } from '../store/record.ts';
import type { FilterAction } from './hooks/answer.ts';

/** What hooks said of an event, where that was more than to go on. */
export type HookVerdict = Filtered | Amended;

/** No flow starts for the event. */
export interface Filtered {
  readonly kind: 'filtered';
  readonly action: FilterAction;
  /** The hook that said so. */
  readonly hook: string;
  readonly reason: string | null;
}

/** Flows see this data in place of the event's, which stays in the log as it was received. */
export interface Amended {
  readonly kind: 'amended';
  /** The hooks that changed it, in their order. */
  readonly hook: string;
  readonly data: Json;
}

/** The types of the records of verdicts begin with this. */
export const VERDICT_TYPES = 'event.*';

/** The record of a verdict. */
export function verdictRecord(
  event: LogRecord,
  verdict: HookVerdict,
  { identity, received }: { readonly identity: LogIdentity; readonly received: number },
): RecordDraft {
  const { kind, ...said } = verdict;
  const cause = {
    correlation: correlationOf(event, identity),
    causation: event.seq,
    hops: event.hops + 1,
  };
  const type = kind === 'filtered' ? 'event.filtered' : 'event.amended';
  return ownRecord(type, JSON.stringify({ event: event.seq, ...said }), received, cause);
}

/** The verdict that a record holds, and the seq of its event; undefined for any other record. */
export function verdictOf({
  type,
  source,
  data,
}: LogRecord): { readonly event: number; readonly verdict: HookVerdict } | undefined {
  if (source !== null || (type !== 'event.filtered' && type !== 'event.amended')) return undefined;
  const { event, ...said } = JSON.parse(data) as { event: number } & HookVerdict;
  const kind = type === 'event.filtered' ? 'filtered' : 'amended';
  return { event, verdict: { ...said, kind } as HookVerdict };
}

/** The event as flows see it. */
export function seenUnder(verdict: HookVerdict | undefined, event: Event): Event {
  return verdict?.kind === 'amended' ? { ...event, data: verdict.data } : event;
}

/** What a filter said, as people read it: `hook ./hooks/bots.mjs said skip: a bot`. */
export function filterSentence({ action, hook, reason }: Filtered): string {
  return `hook ${hook} said ${action}${reason === null ? '' : `: ${reason}`}`;
}
