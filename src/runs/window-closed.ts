import type { Event } from '../events/event.ts';
import type { PatternKind } from '../flows/time-pattern.ts';
import type { Json } from '../std/json.ts';
import type { LogIdentity, LogRecord } from '../store/contract.ts';
import { toEvent } from '../store/record.ts';

/** The payload of `window.closed`: what a window had gathered when it closed. */
export interface WindowClosed {
  readonly flow: string;
  readonly key: string;
  /** The seqs of its events, in order. */
  readonly events: readonly number[];
  /** When the first and the last of them were received, in engine time. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** Of a pattern over time: what it was, and which of the events are its named members. */
  readonly pattern?: ClosedPattern;
  /** Events that the pattern held and that are in no match, in order. */
  readonly passed?: readonly number[];
}

export interface ClosedPattern {
  readonly kind: PatternKind;
  readonly members?: { readonly [name: string]: number };
}

/** The payload of `window.expired`: events that a pattern held, and that are in no match. */
export interface WindowExpired {
  readonly flow: string;
  readonly key: string;
  readonly events: readonly number[];
  readonly count: number;
  readonly pattern: Pick<ClosedPattern, 'kind'>;
  /**
   * The time was up, newer events took their places (`passed`), what was to stay away came
   * (`answered`), the flow was changed, or there were too many windows (`full`).
   */
  readonly why: 'expired' | 'passed' | 'answered' | 'changed' | 'full';
  /** The same in a sentence, without its full stop: what came, and what did not. */
  readonly reason: string;
}

/** Events of a window that its run sees. */
export const WINDOW_EVENTS_MAX = 1_000;
/** Characters of their payloads, unless the first one alone has more. */
export const WINDOW_LENGTH_MAX = 4_194_304;

/** What of a record is read. */
type Told = Pick<LogRecord, 'type' | 'data'>;

/** Reads the record of a window; undefined for a record of another type. */
export function decodeWindowClosed({ type, data }: Told): WindowClosed | undefined {
  return type === 'window.closed' ? (JSON.parse(data) as WindowClosed) : undefined;
}

/** Reads the record of events that are in no match; undefined for a record of another type. */
export function decodeWindowExpired({ type, data }: Told): WindowExpired | undefined {
  return type === 'window.expired' ? (JSON.parse(data) as WindowExpired) : undefined;
}

/**
 * The event that the run of a window sees: the record's, with the gathered events in place of their
 * seqs. `members` are the records of the first of them, in order: as many as are at hand, and
 * `WINDOW_EVENTS_MAX` are enough; `see` says which event the flow sees in one. `truncated` says
 * that some are missing from `events`; `count` is of all.
 */
export function windowEvent(
  record: LogRecord,
  members: readonly LogRecord[],
  identity: LogIdentity,
  see = (member: LogRecord): Event => toEvent(member, identity),
): Event {
  const { key, first, last, count, pattern } = JSON.parse(record.data) as WindowClosed;
  if (pattern !== undefined) return matchEvent(record, { members, pattern, identity }, see);
  const events = shown(members).map((member) => gathered(see(member)));
  const data = {
    key,
    count,
    first: new Date(first).toISOString(),
    last: new Date(last).toISOString(),
    events,
    truncated: events.length < count,
  };
  return { ...toEvent(record, identity), data };
}

interface Match {
  readonly members: readonly LogRecord[];
  readonly pattern: ClosedPattern;
  readonly identity: LogIdentity;
}

/**
 * The event that the run of a pattern's match sees: its last one, at the place of the record, with
 * all of its events beside, and those of its named members. The record's own where none is at hand.
 */
function matchEvent(
  record: LogRecord,
  { members, pattern, identity }: Match,
  see: (member: LogRecord) => Event,
): Event {
  const own = toEvent(record, identity);
  const all = shown(members).map((member) => [member.seq, see(member)] as const);
  const last = all.at(-1)?.[1];
  if (last === undefined) return own;
  const { id, type, source, subject, time, data, actor } = last;
  const plain = new Map(all.map(([seq, event]) => [seq, gathered(event)]));
  const named = Object.entries(pattern.members ?? {}).map(([as, seq]) => {
    return [as, plain.get(seq) ?? null] as const;
  });
  return {
    ...own,
    id,
    type,
    source,
    time,
    data,
    ...(subject === undefined ? {} : { subject }),
    ...(actor === undefined ? {} : { actor }),
    events: [...plain.values()],
    members: Object.fromEntries(named),
  };
}

/** As many from the first on as the limits allow, and one at least. */
function shown(members: readonly LogRecord[]): readonly LogRecord[] {
  let length = 0;
  const end = members.findIndex(({ data }, place) => {
    length += data.length;
    return place === WINDOW_EVENTS_MAX || (length > WINDOW_LENGTH_MAX && place > 0);
  });
  return end === -1 ? members : members.slice(0, end);
}

function gathered({ id, type, subject, time, data }: Event): { readonly [name: string]: Json } {
  return { id, type, subject: subject ?? null, time, data };
}
