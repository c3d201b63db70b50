import type { Event } from '../events/event.ts';
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
}

/** Events of a window that its run sees. */
export const WINDOW_EVENTS_MAX = 1_000;
/** Characters of their payloads, unless the first one alone has more. */
export const WINDOW_LENGTH_MAX = 4_194_304;

/** Reads the record of a window; undefined for a record of another type. */
export function decodeWindowClosed(record: {
  readonly type: string;
  readonly data: string;
}): WindowClosed | undefined {
  return record.type === 'window.closed' ? (JSON.parse(record.data) as WindowClosed) : undefined;
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
  const { key, first, last, count } = JSON.parse(record.data) as WindowClosed;
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

/** As many from the first on as the limits allow, and one at least. */
function shown(members: readonly LogRecord[]): readonly LogRecord[] {
  let length = 0;
  const end = members.findIndex(({ data }, place) => {
    length += data.length;
    return place === WINDOW_EVENTS_MAX || (length > WINDOW_LENGTH_MAX && place > 0);
  });
  return end === -1 ? members : members.slice(0, end);
}

function gathered({ id, type, subject, time, data }: Event): Json {
  return { id, type, subject: subject ?? null, time, data };
}
