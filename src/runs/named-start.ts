import { type Attribution, attributionOf } from '../events/attribution.ts';
import type { Event } from '../events/event.ts';
import type { Json } from '../std/json.ts';
import { memberText } from '../std/raw-json.ts';
import type { LogIdentity, LogRecord, RecordDraft, Store } from '../store/contract.ts';
import { type AmendedReads, asAmended } from './amended.ts';
import { isAmong, markOf } from './interactive.ts';
import { correlationOf, ownRecord, toEvent } from '../store/record.ts';
import {
  decodeWindowClosed,
  WINDOW_EVENTS_MAX,
  WINDOW_LENGTH_MAX,
  windowEvent,
} from './window-closed.ts';

/** A person starts a flow by its name. */
export interface ManualStart extends Attribution {
  readonly flow: string;
  /** What the run finds as its event's data: JSON, kept byte for byte. */
  readonly data: string;
  /** When what it is about happened, as RFC 3339; when it is recorded where it is left out. */
  readonly time?: string | undefined;
  /** Whether somebody is asked before each step that acts, in the run and in what comes of it. */
  readonly interactive?: boolean | undefined;
}

/** A person lets a flow have another try at an event that it could not take. */
export interface EventRetry extends Attribution {
  /** The seq of the dead letter. */
  readonly letter: number;
  readonly flow: string;
  /** The event's data, or what stands in its place: JSON, kept byte for byte. */
  readonly data: string;
  /** The flow that could not take it, where that is another one. */
  readonly from?: string | undefined;
}

/** The attributes by which a run knows a repeated event: those of the event that it was. */
type RepeatedEvent = Pick<Event, 'id' | 'type' | 'source' | 'time' | 'data'> & {
  readonly subject: string | null;
};

/** The record of a flow's start by hand: its subject is the flow. */
export function manualRecord(
  { flow, data, by, request, time, interactive }: ManualStart,
  received: number,
): RecordDraft {
  const cause = { correlation: null, causation: null, hops: 0 };
  const record = ownRecord('manual.triggered', data, received, cause);
  return {
    ...record,
    subject: flow,
    attributes: JSON.stringify({ actor: by, requestid: request, time, ...markOf(interactive) }),
  };
}

/**
 * The record that lets a flow have the event of a dead letter again. It stands in the chain where
 * the event stood, so that what is retried without an end is still taken for a loop.
 */
export function retryRecord(
  event: LogRecord,
  { letter, flow, data, from = flow, ...by }: EventRetry,
  { identity, received }: { readonly identity: LogIdentity; readonly received: number },
): RecordDraft {
  const seen = seenEvent(event, from, identity);
  const text = repeatText({ letter, flow, ...attributionOf(by) }, seen, data);
  const correlation = correlationOf(event, identity);
  const cause = { correlation, causation: letter, hops: event.hops };
  const record = ownRecord('dead_letter.retried', text, received, cause);
  // What came in untrusted stays so, and so do the sender's own attributes.
  return { ...record, attributes: event.attributes };
}

/**
 * The payload of a record by which one flow has an event again: what the record says itself, and
 * the event `as` the flow is to see it, its data byte for byte.
 */
export function repeatText(
  said: { readonly flow: string } & Attribution & Readonly<Record<string, Json | undefined>>,
  { id, type, source, subject, time }: Omit<Event, 'data'>,
  data: string,
): string {
  const head = JSON.stringify(said);
  const as = JSON.stringify({ id, type, source, subject: subject ?? null, time });
  return `${head.slice(0, -1)},"as":${as.slice(0, -1)},"data":${data}}}`;
}

/** Records by which a flow has an event again, which they hold as it was. */
const REPEATS: ReadonlySet<string> = new Set(['dead_letter.retried', 'event.replayed']);

/** The flow that a record starts by its name, whatever its triggers say; undefined for most. */
export function namedFlow(record: LogRecord): string | undefined {
  if (record.source !== null) return undefined;
  if (record.type === 'manual.triggered') return record.subject ?? undefined;
  const closed = decodeWindowClosed(record);
  if (closed !== undefined) return closed.flow;
  if (!REPEATS.has(record.type)) return undefined;
  // Of a run that is retried the record says that its letter is closed, and starts nothing.
  return (JSON.parse(record.data) as { readonly flow?: string }).flow;
}

/**
 * The event that a run of this flow sees whose start the record is: of a retry or a replay it is
 * the event that came before, with the place of the repetition in the log; of a window, what it
 * gathered, as far as `members` holds it.
 */
export function seenEvent(
  record: LogRecord,
  flow: string,
  identity: LogIdentity,
  members: readonly LogRecord[] = [],
): Event {
  if (isWindowOf(record, flow)) {
    const see = (member: LogRecord): Event => seenEvent(member, flow, identity);
    return { ...windowEvent(record, members, identity, see), ...markOf(isAmong(members)) };
  }
  const event = toEvent(record, identity);
  if (!isRepeatFor(record, flow)) return event;
  const { subject, ...as } = (event.data as unknown as { readonly as: RepeatedEvent }).as;
  return { ...event, ...as, ...(subject === null ? {} : { subject }) };
}

/** What looking for what runs see needs. */
type SeenReads = AmendedReads & Pick<Store, 'identity' | 'readAt'>;

/**
 * The payload that a run of this flow sees, as JSON: byte for byte as it came or as a hook amended
 * it, but for a window, of which it is made.
 */
export async function seenData(store: SeenReads, record: LogRecord, flow: string): Promise<string> {
  if (isRepeatFor(record, flow)) {
    return memberText(memberText(record.data, 'as') ?? '', 'data') ?? 'null';
  }
  if (!isWindowOf(record, flow)) return (await asAmended(store, [record]))[0]?.data ?? record.data;
  const members = await windowMembers(store, record, flow);
  return JSON.stringify(seenEvent(record, flow, store.identity, members).data);
}

/**
 * The first of the events that a window of the flow gathered, with the data that flows see; of
 * another record, none.
 */
export async function windowMembers(
  store: AmendedReads & Pick<Store, 'readAt'>,
  record: LogRecord,
  flow: string,
): Promise<readonly LogRecord[]> {
  const closed = isWindowOf(record, flow) ? decodeWindowClosed(record) : undefined;
  const seqs = closed?.events.slice(0, WINDOW_EVENTS_MAX) ?? [];
  const members: LogRecord[] = [];
  let length = 0;
  for (let from = 0; from < seqs.length && length <= WINDOW_LENGTH_MAX; from += MEMBERS_AT_ONCE) {
    const found = await store.readAt(seqs.slice(from, from + MEMBERS_AT_ONCE));
    const page = await asAmended(store, found);
    members.push(...page);
    length += page.reduce((sum, { data }) => sum + data.length, 0);
  }
  return members;
}

/** Members of a window that are read at once: each may be large. */
const MEMBERS_AT_ONCE = 50;

function isWindowOf(record: LogRecord, flow: string): boolean {
  return record.type === 'window.closed' && namedFlow(record) === flow;
}

/** Whether it is the record by which a flow has an event again. */
export function repeatsEvent({ source, type }: LogRecord): boolean {
  return source === null && REPEATS.has(type);
}

/** Whoever else hears of a retry or a replay sees it as what it is. */
function isRepeatFor(record: LogRecord, flow: string): boolean {
  return repeatsEvent(record) && namedFlow(record) === flow;
}
