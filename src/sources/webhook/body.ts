import { isUtf8 } from 'node:buffer';
import { duplicateMember } from '../../std/duplicate-member.ts';
import { SignalboxError } from '../../std/errors.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { type Json, parseJson } from '../../std/json.ts';

/** What a request's body says. */
export interface Body {
  readonly value: Json;
  /** The same as JSON text: of JSON that was sent, each byte as it came. */
  readonly json: string;
  /** The media type of a text that is no JSON. */
  readonly type: string | undefined;
}

/** How a body of a media type is read. */
export type BodyReader = (bytes: Buffer) => Body;

/** Fields that a form may have. */
const FORM_FIELDS_MAX = 1_000;
const ACCEPTED = 'application/json, application/x-www-form-urlencoded, application/xml, text/plain';
const NOTHING: Body = { value: null, json: 'null', type: undefined };

/**
 * How to read a body with this `Content-Type`; undefined where nobody here reads it.
 *
 * The type alone decides, and it is read in one way: a file that is sent as a form is not taken.
 */
export function bodyReader(contentType: string | undefined): BodyReader | undefined {
  // What nearly all senders send.
  return contentType === 'application/json' ? readJsonBytes : readerOf(contentType);
}

function readJsonBytes(bytes: Buffer): Body {
  return bytes.length === 0 ? NOTHING : readJson(textOf(bytes));
}

function readerOf(contentType: string | undefined): BodyReader | undefined {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = /^\s*charset\s*=\s*"?([^\s"]+)/;
  const charsets = parameters.flatMap((parameter) => charset.exec(parameter)?.[1] ?? []);
  if (!charsets.every((name) => /^(utf-?8|us-ascii)$/.test(name))) return undefined;
  const read = READERS.find(([pattern]) => pattern.test(type.trim()))?.[1];
  if (read === undefined) return type === '' ? readNothing : undefined;
  return (bytes) => (bytes.length === 0 ? NOTHING : read(textOf(bytes), type.trim()));
}

/** The refusal of a body whose type or encoding nobody here reads, with those that are read. */
export function unsupportedBody(): HttpError {
  const message = `Webhooks are sent uncompressed, in UTF-8, as one of: ${ACCEPTED}.`;
  const headers = { 'accept-post': ACCEPTED, 'accept-encoding': 'identity' };
  return new HttpError('request.media_type', message, { status: 415, headers });
}

type TextReader = (text: string, type: string) => Body;

const READERS: readonly (readonly [RegExp, TextReader])[] = [
  [/^(application\/([\w.-]+\+)?|text\/)json$/, readJson],
  [/^application\/x-www-form-urlencoded$/, readForm],
  [/^(text\/[\w.+-]+|application\/([\w.-]+\+)?xml)$/, readText],
];

function readNothing(bytes: Buffer): Body {
  if (bytes.length === 0) return NOTHING;
  throw unsupportedBody();
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw refusal('request.not_utf8', 'The body is not UTF-8.');
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

function readJson(text: string): Body {
  const value = parsed(text);
  const name = duplicateMember(text);
  if (name === undefined) return { value, json: text, type: undefined };
  const message = `An object of the body has ${JSON.stringify(name)} twice; send it once.`;
  throw refusal('json.duplicate_member', message);
}

/** JSON that only calls itself a form, a form whose `payload` is JSON, or any other form. */
function readForm(text: string): Body {
  // What `curl -d '{…}'` sends.
  if (/^\s*[[{]/.test(text)) return readJson(text);
  const fields = [...new URLSearchParams(text)];
  const [first] = fields;
  if (fields.length === 1 && first?.[0] === 'payload') return readJson(first[1]);
  if (fields.length > FORM_FIELDS_MAX) {
    const message = `The form has ${fields.length} fields; at most ${FORM_FIELDS_MAX} are taken.`;
    throw refusal('request.bad_body', message);
  }
  const value = objectOf(fields);
  return { value, json: JSON.stringify(value), type: undefined };
}

/** A field that comes once is a text, one that comes again a list of texts. */
function objectOf(fields: readonly (readonly [string, string])[]): Json {
  const values = new Map<string, string | readonly string[]>();
  for (const [name, text] of fields) {
    const before = values.get(name);
    values.set(name, before === undefined ? text : [before, text].flat());
  }
  return Object.fromEntries(values);
}

function readText(text: string, type: string): Body {
  return { value: text, json: JSON.stringify(text), type };
}

function parsed(text: string): Json {
  try {
    return parseJson(text);
  } catch (cause) {
    if (!(cause instanceof SignalboxError)) throw cause;
    throw new HttpError(cause.code, cause.message, { status: 400, cause });
  }
}

function refusal(code: string, message: string): HttpError {
  return new HttpError(code, message, { status: 400 });
}
