import { Client } from 'undici';
import { SignalboxError } from '../std/errors.ts';
import { type HttpAnswer, readRetryAfter } from './http-answer.ts';

/** One connection on which requests follow each other without waiting for answers. */
export interface HttpPipeline {
  /**
   * Sends in the order of the calls, so that the daemon takes them in that order.
   *
   * @throws SignalboxError `daemon.connection_lost` where the answer is missing: the daemon may
   *   have taken the request or not.
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

/** Opens the connection with the first request, and a new one where it was lost while idle. */
export function openPipeline({ url, token, depth }: PipelineOptions): HttpPipeline {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  let connection: Client | undefined;

  return {
    async post(path, body) {
      connection ??= connect(url, depth, () => (connection = undefined));
      try {
        // Neither word is true of it: they let requests follow each other without waiting.
        const order = { idempotent: true, blocking: false };
        const answer = await connection.request({ method: 'POST', path, headers, body, ...order });
        const header = answered(answer.headers['retry-after']);
        const retryAfterMs = readRetryAfter(header);
        return { status: answer.statusCode, retryAfterMs, body: await answer.body.text() };
      } catch (cause) {
        throw lost(url, cause);
      }
    },
    async close() {
      await connection?.close();
    },
  };
}

function connect(url: string, depth: number, forget: () => void): Client {
  const client = new Client(url, { pipelining: depth, headersTimeout: TIMEOUT_MS });
  client.once('disconnect', () => {
    forget();
    // Undici would send again whatever has no answer, and the daemon would record it twice.
    void client.destroy();
  });
  return client;
}

function answered(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

function lost(url: string, cause: unknown): SignalboxError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `The connection to ${url} was lost before the answer (${why}).`;
  return new SignalboxError('daemon.connection_lost', message, { cause });
}
