import { SignalboxError } from '../std/errors.ts';
import { isObject, type Json } from '../std/json.ts';

/** What a daemon answered, read whole. */
export interface HttpAnswer {
  readonly status: number;
  /** When to come again, where the daemon said so. */
  readonly retryAfterMs: number | undefined;
  readonly body: string;
}

/** The header `Retry-After` in milliseconds; undefined where it is missing or a date. */
export function readRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined;
}

/**
 * The document of an answer that says yes.
 *
 * @throws SignalboxError with the code and the words of the daemon's refusal.
 */
export function documentOf(answer: HttpAnswer): Json {
  if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.body) as Json;
  const { code, detail } = problemOf(answer);
  throw new SignalboxError(code, detail, { details: { status: answer.status } });
}

/** What a refusal says, whoever wrote it: a proxy's page is no problem document. */
export function problemOf({ status, body }: HttpAnswer): {
  readonly code: string;
  readonly detail: string;
  readonly document: { readonly [name: string]: Json };
} {
  const document = parseObject(body);
  const { code, detail } = document;
  return {
    code: typeof code === 'string' ? code : 'daemon.refused',
    detail: typeof detail === 'string' ? detail : `The daemon answered with status ${status}.`,
    document,
  };
}

function parseObject(text: string): { readonly [name: string]: Json } {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
