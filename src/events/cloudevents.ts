import { messageOf } from '../std/errors.ts';
import { isObject, type Json, parseJson } from '../std/json.ts';
import { itemTexts, memberText } from '../std/raw-json.ts';
import { parseTraceparent } from '../std/trace-context.ts';
import { type AttributeRules, attributeText, draftOf, invalidEvent } from './attributes.ts';
import type { EventDraft } from './event.ts';

/** The headers of a request, their names in lower case. */
export type RequestHeaders = { readonly [name: string]: string | readonly string[] | undefined };

/** How a request carries events: CloudEvents' three forms in HTTP, or JSON without ceremony. */
export type EventForm = 'structured' | 'batch' | 'binary' | 'plain';

/** The content types that events come in, for a refusal to list. */
export const EVENT_CONTENT_TYPES = [
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
  'application/json',
] as const;

/** How many events one batch may hold. */
export const BATCH_LENGTH_MAX = 1_000;

/** The form of a request with these headers; undefined where we do not read its content type. */
export function formOf(headers: RequestHeaders): EventForm | undefined {
  const { type, charset } = contentTypeOf(headers);
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/.test(charset)) return undefined;
  if (type === 'application/cloudevents+json') return 'structured';
  if (type === 'application/cloudevents-batch+json') return 'batch';
  if (headers['ce-specversion'] !== undefined || headers['ce-type'] !== undefined) {
    return type === '' || isJsonType(type) || type.startsWith('text/') ? 'binary' : undefined;
  }
  return type === 'application/json' ? 'plain' : undefined;
}

/**
 * The events of a request, checked and ready to be recorded. Payloads stay the text they were.
 *
 * A CloudEvent must have `specversion`, `type`, `source` and `id`; plain JSON needs only a `type`.
 * The header `Idempotency-Key` stands in for a missing `id`, in a batch with `/` and the event's
 * index. `data_base64` is decoded where its content type is JSON or text, else refused.
 *
 * @throws SignalboxError `json.invalid`, `json.too_deep`, or `event.invalid` naming the attribute;
 *   of a batch nothing is accepted where one event is refused.
 */
export function readEvents(form: EventForm, headers: RequestHeaders, body: string): EventDraft[] {
  const fallbackId = idempotencyKey(headers);
  if (form === 'batch') return traced(readBatch(body, fallbackId), headers);
  if (form === 'binary') return traced([readBinary(headers, body, fallbackId)], headers);
  const rules = { strict: form === 'structured', fallbackId };
  return traced([readObject(body, parseJson(body), rules)], headers);
}

/** The trace of the request is that of its events, but for one that says of which it is. */
function traced(drafts: EventDraft[], headers: RequestHeaders): EventDraft[] {
  const { traceparent } = headers;
  if (typeof traceparent !== 'string' || parseTraceparent(traceparent) === undefined) return drafts;
  return drafts.map((draft) => {
    const { extensions } = draft;
    const isTraced = extensions !== undefined && 'traceparent' in extensions;
    return isTraced ? draft : { ...draft, extensions: { ...extensions, traceparent } };
  });
}

function readBatch(body: string, key: string | undefined): EventDraft[] {
  const values = parseJson(body);
  if (!isList(values)) throw invalidEvent('A batch is a JSON list of CloudEvents; send a list.');
  if (values.length > BATCH_LENGTH_MAX) {
    throw invalidEvent(
      `This batch has ${values.length} events; send at most ${BATCH_LENGTH_MAX} at once.`,
    );
  }
  return itemTexts(body).map((text, index) => {
    const fallbackId = key === undefined ? undefined : `${key}/${index}`;
    try {
      return readObject(text, values[index], { strict: true, fallbackId });
    } catch (cause) {
      throw invalidEvent(`Event ${index}: ${messageOf(cause)}`, cause);
    }
  });
}

/** `value` is what `text` says. */
function readObject(text: string, value: Json | undefined, rules: AttributeRules): EventDraft {
  if (!isObject(value)) {
    const hint = Array.isArray(value)
      ? ' A list is sent as application/cloudevents-batch+json.'
      : '';
    throw invalidEvent(`An event is a JSON object with a "type".${hint}`);
  }
  const attributes = new Map<string, string>();
  for (const [name, member] of Object.entries(value)) {
    if (member === null || name === 'data' || name === 'data_base64') continue;
    attributes.set(name, attributeText(name, member));
  }
  const base64 = value['data_base64'] ?? null;
  if (base64 === null) return draftOf(attributes, memberText(text, 'data') ?? 'null', rules);
  if ((value['data'] ?? null) !== null)
    throw invalidEvent('"data" and "data_base64" exclude each other; send one.');
  return draftOf(
    attributes,
    payloadOf(decodeBase64(base64), attributes.get('datacontenttype')),
    rules,
  );
}

function decodeBase64(value: Json): string {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    throw invalidEvent('"data_base64" is not a text in base 64.');
  }
  return Buffer.from(value, 'base64').toString('utf8');
}

function readBinary(
  headers: RequestHeaders,
  body: string,
  fallbackId: string | undefined,
): EventDraft {
  const attributes = new Map<string, string>();
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith('ce-') || value === undefined) continue;
    const name = header.slice('ce-'.length);
    if (name === 'data' || name === 'datacontenttype') {
      throw invalidEvent(
        `The header "${header}" has no meaning; the body and Content-Type say it.`,
      );
    }
    attributes.set(name, decodeHeader(header, value));
  }
  const { type } = contentTypeOf(headers);
  if (type !== '' && type !== 'application/json') attributes.set('datacontenttype', type);
  return draftOf(attributes, body === '' ? 'null' : payloadOf(body, type), {
    strict: true,
    fallbackId,
  });
}

/** The payload as JSON text: JSON as it is, text as a JSON string. */
function payloadOf(text: string, contentType = ''): string {
  if (contentType.startsWith('text/')) return JSON.stringify(text);
  if (contentType !== '' && !isJsonType(contentType)) {
    throw invalidEvent(
      `Only JSON and text can be recorded, not "${contentType}"; send a reference to it.`,
    );
  }
  parseJson(text);
  return text;
}

/** A header's text as the HTTP binding has it: perhaps quoted, then percent-decoded once. */
function decodeHeader(name: string, value: string | readonly string[]): string {
  const text = unquote(single(name, value));
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw invalidEvent(
      `The header "${name}" holds a "%" that encodes nothing; write "%25".`,
      cause,
    );
  }
}

function idempotencyKey(headers: RequestHeaders): string | undefined {
  const value = headers['idempotency-key'];
  return value === undefined ? undefined : unquote(single('idempotency-key', value));
}

function single(name: string, value: string | readonly string[]): string {
  if (typeof value === 'string') return value;
  throw invalidEvent(`The header "${name}" stands there twice; send it once.`);
}

function unquote(value: string): string {
  const inner = /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1];
  return inner === undefined ? value : inner.replaceAll(/\\(.)/g, '$1');
}

function contentTypeOf(headers: RequestHeaders): {
  readonly type: string;
  readonly charset: string | undefined;
} {
  const header = headers['content-type'];
  const text = (typeof header === 'string' ? header : '').toLowerCase();
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/.exec(text)?.[1];
  return { type: text.replace(/;.*$/s, '').trim(), charset };
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isJsonType(type: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json$/.test(type);
}
