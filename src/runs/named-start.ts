import type { Event } from '../events/event.ts';
import { memberText } from '../std/raw-json.ts';
import type { LogIdentity, LogRecord, RecordDraft } from '../store/contract.ts';
import { correlationOf, ownRecord, toEvent } from '../store/record.ts';

/** A person starts a flow by its name. */
export interface ManualStart {
  readonly flow: string;
  /** What the run finds as its event's data: JSON, kept byte for byte. */
  readonly data: string;
  readonly by: string;
}

/** A person lets a flow have another try at an event that it could not take. */
export interface EventRetry {
  /** The seq of the dead letter. */
  readonly letter: number;
  readonly flow: string;
  readonly by: string;
  /** What stands in place of the event's data: JSON, kept byte for byte. */
  readonly data?: string | undefined;
}

/** The attributes by which a run knows a retried event: those of the event that it was. */
type RetriedEvent = Pick<Event, 'id' | 'type' | 'source' | 'time' | 'data'> & {
  readonly subject: string | null;
};

/** The record of a flow's start by hand: its subject is the flow. */
export function manualRecord({ flow, data, by }: ManualStart, received: number): RecordDraft {
  const cause = { correlation: null, causation: null, hops: 0 };
  const record = ownRecord('manual.triggered', data, received, cause);
  return { ...record, subject: flow, attributes: JSON.stringify({ actor: by }) };
}

/**
 * The record that lets a flow have the event of a dead letter again. It stands in the chain where
 * the event stood, so that what is retried without an end is still taken for a loop.
 */
export function retryRecord(
  event: LogRecord,
  { letter, flow, by, data }: EventRetry,
  { identity, received }: { readonly identity: LogIdentity; readonly received: number },
): RecordDraft {
  const { id, type, source, subject = null, time } = seenEvent(event, flow, identity);
  const as = JSON.stringify({ id, type, source, subject, time });
  const head = JSON.stringify({ letter, flow, by });
  const seen = `${as.slice(0, -1)},"data":${data ?? seenData(event, flow)}}`;
  const text = `${head.slice(0, -1)},"as":${seen}}`;
  const correlation = correlationOf(event, identity);
  const cause = { correlation, causation: letter, hops: event.hops };
  const record = ownRecord('dead_letter.retried', text, received, cause);
  // What came in untrusted stays so, and so do the sender's own attributes.
  return { ...record, attributes: event.attributes };
}

/** The flow that a record starts by its name, whatever its triggers say; undefined for most. */
export function namedFlow(record: LogRecord): string | undefined {
  if (record.source !== null) return undefined;
  if (record.type === 'manual.triggered') return record.subject ?? undefined;
  if (record.type !== 'dead_letter.retried') return undefined;
  // Of a run that is retried the record says that its letter is closed, and starts nothing.
  return (JSON.parse(record.data) as { readonly flow?: string }).flow;
}

/**
 * The event that a run of this flow sees whose start the record is: of a retry it is the event that
 * the flow could not take, with the place of the retry in the log.
 */
export function seenEvent(record: LogRecord, flow: string, identity: LogIdentity): Event {
  const event = toEvent(record, identity);
  if (!isRetryFor(record, flow)) return event;
  const { subject, ...as } = (event.data as unknown as { readonly as: RetriedEvent }).as;
  return { ...event, ...as, ...(subject === null ? {} : { subject }) };
}

/** The payload of the same event, byte for byte. */
export function seenData(record: LogRecord, flow: string): string {
  if (!isRetryFor(record, flow)) return record.data;
  return memberText(memberText(record.data, 'as') ?? '', 'data') ?? 'null';
}

/** Whoever else hears of a retry sees it as what it is. */
function isRetryFor(record: LogRecord, flow: string): boolean {
  return record.type === 'dead_letter.retried' && namedFlow(record) === flow;
}
