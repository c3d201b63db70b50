import type { Json } from '../std/json.ts';
import { isTimestamp } from '../std/timestamp.ts';
import { isOwnType } from './own-types.ts';

/** Whether what an event says may be believed, or may have been written by anyone. */
export type Trust = 'trusted' | 'untrusted';

/**
 * Something that happened: CloudEvents 1.0 with our attributes.
 *
 * Order, windows, dedupe and retention go by `seq` and `received`; `time` is what the sender says.
 */
export interface Event {
  readonly specversion: '1.0';
  /** Foreign where the sender gave one; else the log's id and `seq`. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  /** ISO 8601. */
  readonly time: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data: Json;
  /** The event's position in the log: dense, from 1. */
  readonly seq: number;
  /** When we received it, ISO 8601. */
  readonly received: string;
  /** The id of the event that the chain began with. */
  readonly correlationid: string;
  /** The id of the event that caused this one. */
  readonly causationid?: string;
  readonly actor?: string;
  /** The request of HTTP by which the actor told of it, where that is known. */
  readonly requestid?: string;
  /** How many causes lie between the chain's root and this event. */
  readonly hops: number;
  readonly trust: Trust;
  /**
   * Of the last event of a pattern over time, as its run sees it: all of them in their order, and
   * those of named members by name.
   */
  readonly events?: readonly { readonly [attribute: string]: Json }[];
  readonly members?: { readonly [name: string]: Json };
  /** It was taken over from an old log, and starts nothing. */
  readonly imported?: true;
  /**
   * Somebody started its chain to be asked before each step that acts. Only who may start flows can
   * say so; a sender's attribute of that name is a text like others, and says nothing.
   */
  readonly interactive?: true;
}

/** What a source, a client or a step hands in; the log adds the rest. */
export interface EventDraft {
  readonly type: string;
  readonly source: string;
  readonly id?: string | undefined;
  readonly subject?: string | undefined;
  readonly time?: string | undefined;
  readonly datacontenttype?: string | undefined;
  readonly dataschema?: string | undefined;
  readonly correlationid?: string | undefined;
  readonly actor?: string | undefined;
  /** The request of HTTP that brought it. No reader of events from outside sets it. */
  readonly requestid?: string | undefined;
  readonly trust?: Trust | undefined;
  /** Taken over from an old log: it is recorded, and starts nothing. */
  readonly imported?: true | undefined;
  /** Its chain asks before each step that acts. No reader of events from outside sets it. */
  readonly interactive?: true | undefined;
  /** CloudEvents extension attributes that are not ours. */
  readonly extensions?: { readonly [name: string]: string } | undefined;
  /** The payload as JSON text, as it was received. */
  readonly data: string;
}

/** How long a type may be, in UTF-16 units. */
export const TYPE_LENGTH_MAX = 255;
/** How long any other attribute may be, in UTF-16 units. */
export const TEXT_LENGTH_MAX = 1_024;
/** The source of events that Signalbox itself records; nobody outside may claim it. */
export const OWN_SOURCE = 'signalbox';

/** Why a draft is refused, naming the attribute and the remedy; undefined where it is fine. */
export function draftProblem(draft: EventDraft): string | undefined {
  return (
    textProblem('type', draft.type, TYPE_LENGTH_MAX) ??
    textProblem('source', draft.source, TEXT_LENGTH_MAX) ??
    optionalProblem('id', draft.id) ??
    optionalProblem('subject', draft.subject) ??
    optionalProblem('correlationid', draft.correlationid) ??
    optionalProblem('actor', draft.actor) ??
    timeProblem(draft.time) ??
    ownershipProblem(draft)
  );
}

/** Why a text may not be an attribute; undefined where it may. */
export function textProblem(
  name: string,
  value: string,
  lengthMax: number = TEXT_LENGTH_MAX,
): string | undefined {
  if (value === '') return `"${name}" is empty; give it a text.`;
  if (value.length > lengthMax) {
    return `"${name}" has ${value.length} characters; at most ${lengthMax} are allowed.`;
  }
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what is refused
  if (/[\u0000-\u001f\u007f]/.test(value)) return `"${name}" holds a control character; remove it.`;
  if (!isWellFormed(value)) return `"${name}" holds half of a character; correct its encoding.`;
  return undefined;
}

/** Whether a text comes back from UTF-8 as it went in: none of its surrogates stands alone. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function optionalProblem(name: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : textProblem(name, value, TEXT_LENGTH_MAX);
}

/** Why a text may not be the time of an event; undefined where it may, or is left out. */
export function timeProblem(time: string | undefined): string | undefined {
  return time === undefined || isTimestamp(time)
    ? undefined
    : `"time" is not a date of RFC 3339, such as 2026-11-20T09:00:00Z.`;
}

function ownershipProblem({ source, type }: EventDraft): string | undefined {
  if (source === OWN_SOURCE || source.startsWith(`${OWN_SOURCE}:`)) {
    return `"source" may not be "${source}"; that name marks what Signalbox itself records.`;
  }
  return isOwnType(type)
    ? `"type" may not be "${type}"; Signalbox records such events itself. Choose another name.`
    : undefined;
}
