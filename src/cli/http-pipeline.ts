import { Client } from 'undici';
import { SignalboxError } from '../std/errors.ts';
import { type HttpAnswer, readRetryAfter } from './http-answer.ts';

/** One connection on which requests follow each other without waiting for answers. */
export interface HttpPipeline {
  /**
   * Sends in the order of the calls, so that the daemon takes them in that order.
   *
   * @throws SignalboxError `daemon.connection_lost` where the answer is missing: the daemon may have
   * taken the request or not.
   */
  post(path: string, body: string): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface PipelineOptions {
  readonly url: string;
  readonly token: string;
  /** Requests that may be under way at once. */
  readonly depth: number;
}

/** How long one answer may take: longer than a commit does, even on a slow disk. */
const TIMEOUT_MS = 60_000;

/** Opens the connection with the first request. */
export function openPipeline({ url, token, depth }: PipelineOptions): HttpPipeline {
  const client = new Client(url, { pipelining: depth, headersTimeout: TIMEOUT_MS });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };

  return {
    async post(path, body) {
      try {
        // Not idempotent, but sent once: the word only lets requests follow each other.
        const options = { method: 'POST', path, headers, body, idempotent: true } as const;
        const { statusCode: status, headers: answered, body: stream } = await client.request(options);
        const header = answered['retry-after'];
        const retryAfterMs = readRetryAfter(typeof header === 'string' ? header : undefined);
        return { status, retryAfterMs, body: await stream.text() };
      } catch (cause) {
        throw lost(url, cause);
      }
    },
    close: () => client.close(),
  };
}

function lost(url: string, cause: unknown): SignalboxError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `The connection to ${url} was lost before the answer (${why}).`;
  return new SignalboxError('daemon.connection_lost', message, { cause });
}
