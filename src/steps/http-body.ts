import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { parseJson, type Json } from '../std/json.ts';
import { messageOf } from '../std/errors.ts';
import type { HttpAnswer } from './http-client.ts';

/** What an answer's body says, or why it cannot be read. */
export type HttpBody =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'invalid'; readonly reason: string };

const DECODERS: Readonly<
  Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** JSON where the answer says that it is JSON, else text; null where there is none. */
export async function bodyOf(answer: HttpAnswer, bytesMax: number): Promise<HttpBody> {
  if (!answer.complete) return { kind: 'too_large' };
  if (answer.body.length === 0) return { kind: 'value', value: null };
  const encoding = answer.headers['content-encoding']?.toLowerCase() ?? 'identity';
  const decode = DECODERS[encoding];
  if (decode === undefined) {
    return encoding === 'identity'
      ? readBody(answer, answer.body)
      : { kind: 'invalid', reason: `its encoding "${encoding}" is not known` };
  }
  try {
    return readBody(answer, await decode(answer.body, { maxOutputLength: bytesMax }));
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'too_large' };
    return { kind: 'invalid', reason: `it is no ${encoding}` };
  }
}

function readBody(answer: HttpAnswer, bytes: Buffer): HttpBody {
  const type = answer.headers['content-type'] ?? '';
  const text = textOf(bytes, charsetOf(type));
  if (text === undefined) return { kind: 'invalid', reason: 'it is no text' };
  if (!isJson(type)) return { kind: 'value', value: text };
  try {
    return { kind: 'value', value: parseJson(text) };
  } catch (error) {
    return { kind: 'invalid', reason: `it says that it is JSON. ${messageOf(error)}` };
  }
}

/** `application/json`, and whatever is written in it, such as `application/problem+json`. */
function isJson(type: string): boolean {
  return /^\s*[\w.-]+\/([\w.-]+\+)?json\s*(;|$)/i.test(type);
}

function charsetOf(type: string): string {
  return /;\s*charset="?([\w:.-]+)/i.exec(type)?.[1] ?? 'utf-8';
}

function textOf(bytes: Buffer, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
