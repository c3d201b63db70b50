import { STATUS_CODES } from 'node:http';
import { SignalboxError } from '../errors.ts';

/** An answer that says no: `code` is stable, and `message` may be shown to whoever asked. */
export class HttpError extends SignalboxError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, message: string, options: HttpErrorOptions) {
    super(code, message, options);
    this.name = 'HttpError';
    this.status = options.status;
    this.headers = { ...options.headers };
  }
}

export interface HttpErrorOptions extends ErrorOptions {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem document. */
  readonly details?: object;
}

/** The content type of every error. */
export const PROBLEM_TYPE = 'application/problem+json';

/** The error as a problem of RFC 9457, of the request with this id. */
export function problemText(
  { code, message, status, details }: HttpError,
  requestId: string | undefined,
): string {
  const title = STATUS_CODES[status];
  const said = { title, status, code, detail: message, request_id: requestId };
  return JSON.stringify({ ...said, ...details });
}

/** The header that says when to come again: whole seconds, at least one. */
export function retryAfter(delayMs: number): { readonly 'retry-after': string } {
  return { 'retry-after': String(Math.max(1, Math.ceil(delayMs / 1_000))) };
}
