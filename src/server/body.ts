import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import type { z, ZodObject } from 'zod';
import { formOf } from '../events/cloudevents.ts';
import { suggestion } from '../std/diagnostics.ts';
import { SignalboxError } from '../std/errors.ts';
import { parseJson } from '../std/json.ts';
import { HttpError } from '../std/http/http-error.ts';

/** A request's body: its members, and the text that they stand in. */
export interface JsonBody<Value> {
  readonly value: Value;
  /** As it was sent, so that a payload can be cut out byte for byte. */
  readonly text: string;
}

/** @throws HttpError `request.not_utf8` */
export function bodyText(body: unknown): string {
  if (!Buffer.isBuffer(body)) return '';
  if (isUtf8(body)) return body.toString('utf8');
  throw new HttpError('request.not_utf8', 'The body is not UTF-8.', { status: 400 });
}

/**
 * The JSON object in a request's body; no body is an empty object.
 *
 * @throws HttpError `request.media_type`, `json.invalid`, `json.too_deep`, or `request.bad_body`
 *   naming the member and what it may be.
 */
export function readBody<Schema extends ZodObject>(
  schema: Schema,
  { headers, body }: FastifyRequest,
): JsonBody<z.output<Schema>> {
  const text = bodyText(body) || '{}';
  const isPlain = formOf(headers) === 'plain';
  const isEncoded = (headers['content-encoding'] ?? 'identity') !== 'identity';
  if (text !== '{}' && (!isPlain || isEncoded)) throw notJson();
  const result = schema.safeParse(parsed(text));
  if (result.success) return { value: result.data, text };
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const [name = ''] = issue.keys;
    const hint = suggestion(name, Object.keys(schema.shape)) || '.';
    throw badBody(`There is no member "${name}"${hint}`);
  }
  const place = issue?.path.join('.') ?? '';
  const what = place === '' ? 'The body' : `"${place}"`;
  throw badBody(`${what}: ${issue?.message ?? 'is not allowed'}.`);
}

function badBody(message: string): HttpError {
  return new HttpError('request.bad_body', message, { status: 400 });
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    if (!(cause instanceof SignalboxError)) throw cause;
    throw new HttpError(cause.code, cause.message, { status: 400, cause });
  }
}

function notJson(): HttpError {
  const message = 'This is sent as application/json, uncompressed, in UTF-8.';
  const headers = { 'accept-post': 'application/json', 'accept-encoding': 'identity' };
  return new HttpError('request.media_type', message, { status: 415, headers });
}
