import { type Event, type EventDraft, OWN_SOURCE, type Trust } from '../events/event.ts';
import { formatId } from '../events/ids.ts';
import { type OwnEventType, OWN_EVENT_VERSIONS } from '../events/own-types.ts';
import type { Json } from '../std/json.ts';
import type { LogIdentity, LogRecord, RecordDraft } from './contract.ts';

/** Attributes that few records have: kept as one JSON text beside the columns. */
interface Attributes {
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly actor?: string;
  readonly requestid?: string;
  readonly trust?: Trust;
  readonly imported?: true;
  readonly interactive?: true;
  readonly extensions?: { readonly [name: string]: string };
}

/** An event from outside as a record. `draftProblem` has passed it. */
export function toRecord(draft: EventDraft, received: number): RecordDraft {
  return {
    type: draft.type,
    version: 1,
    source: draft.source,
    id: draft.id ?? null,
    subject: draft.subject ?? null,
    received,
    correlation: draft.correlationid ?? null,
    causation: null,
    hops: 0,
    attributes: attributesOf(draft),
    data: draft.data,
  };
}

function attributesOf(draft: EventDraft): string | null {
  const { time, datacontenttype, dataschema, actor, trust, imported, extensions } = draft;
  const { interactive, requestid } = draft;
  const told = time || datacontenttype || dataschema || actor || imported || extensions;
  if (!told && !interactive && !requestid && trust !== 'untrusted') return null;
  const given = { time, datacontenttype, dataschema, actor, requestid, trust };
  return JSON.stringify({ ...given, imported, interactive, extensions });
}

/** The place in a chain that a record of ours takes. */
export interface Cause {
  readonly correlation: string | null;
  readonly causation: number | null;
  readonly hops: number;
}

/** A record of Signalbox's own. */
export function ownRecord(
  type: OwnEventType,
  data: string,
  received: number,
  cause: Cause,
): RecordDraft {
  return {
    type,
    version: OWN_EVENT_VERSIONS[type],
    source: null,
    id: null,
    subject: null,
    received,
    correlation: cause.correlation,
    causation: cause.causation,
    hops: cause.hops,
    attributes: null,
    data,
  };
}

/** The shown id of a seq, under the name that the log had there. */
export function idOf(identity: LogIdentity, seq: number): string {
  const name = identity.names.findLast((candidate) => candidate.from <= seq);
  return formatId(name?.logId ?? '', seq);
}

/** The root of the record's chain, as shown. */
export function correlationOf(record: LogRecord, identity: LogIdentity): string {
  return record.correlation ?? record.id ?? idOf(identity, record.seq);
}

/** Whether what the record says may be believed. */
export function trustOf({ attributes }: { readonly attributes: string | null }): Trust {
  return attributes === null
    ? 'trusted'
    : ((JSON.parse(attributes) as Attributes).trust ?? 'trusted');
}

/** The `traceparent` that the record brought; undefined for most. */
export function traceparentOf({
  attributes,
}: {
  readonly attributes: string | null;
}): string | undefined {
  if (attributes?.includes('"traceparent"') !== true) return undefined;
  return (JSON.parse(attributes) as Attributes).extensions?.['traceparent'];
}

/** Whether the record was taken over from an old log: then it starts nothing. */
export function isImported({ attributes }: { readonly attributes: string | null }): boolean {
  // In a text the quotation marks would be escaped.
  return attributes?.includes('"imported":true') === true;
}

/**
 * Whether the record's chain asks before each step that acts. The mark can only add a question, and
 * takes none away; it is no text, so no attribute that a sender gives, each of which is one, sets
 * it.
 */
export function isInteractive({ attributes }: { readonly attributes: string | null }): boolean {
  return attributes?.includes('"interactive":true') === true;
}

/** The record as the event that people and flows see. */
export function toEvent(record: LogRecord, identity: LogIdentity): Event {
  const attributes: Attributes =
    record.attributes === null ? {} : (JSON.parse(record.attributes) as Attributes);
  const received = new Date(record.received).toISOString();
  const { time = received, trust = 'trusted', extensions, ...rest } = attributes;
  return {
    ...extensions,
    specversion: '1.0',
    id: record.id ?? idOf(identity, record.seq),
    source: record.source ?? OWN_SOURCE,
    type: record.type,
    ...(record.subject === null ? {} : { subject: record.subject }),
    time,
    ...rest,
    data: JSON.parse(record.data) as Json,
    seq: record.seq,
    received,
    correlationid: correlationOf(record, identity),
    ...(record.causation === null ? {} : { causationid: idOf(identity, record.causation) }),
    hops: record.hops,
    trust,
  };
}
