import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { type HttpAnswer, readRetryAfter } from './http-answer.ts';

/** What is asked of a daemon. */
export interface HttpQuestion {
  readonly method: 'GET' | 'POST';
  /** Path and query, below the daemon's address. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** How long the daemon may be silent; undefined for what reads the whole log or never ends. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal;
}

/** An answer whose body is still to come. */
export interface OpenAnswer {
  readonly status: number;
  readonly body: AsyncIterable<Buffer>;
  /** Reads the body whole. */
  read(): Promise<HttpAnswer>;
}

/** One daemon's HTTP address, over `node:http`: it loads in a tenth of the time of fetch. */
export interface HttpTransport {
  /**
   * Asks, and resolves when the answer begins.
   *
   * @throws SignalboxError `daemon.absent` where nobody answers, `daemon.silent` after `timeoutMs`.
   */
  open(question: HttpQuestion): Promise<OpenAnswer>;
  close(): void;
}

/** Requests that one command may have under way at once. */
const SOCKETS_MAX = 16;
/** How long a daemon on this machine may take to accept a connection. */
const CONNECT_MS = 5_000;
/** The longest answer that is read whole: a page of large events. */
const ANSWER_BYTES_MAX = 268_435_456;

/** A transport to the daemon at `url`; connects with the first question. */
export async function openTransport(url: string, token: string): Promise<HttpTransport> {
  const web = url.startsWith('https:') ? await import('node:https') : { Agent, request };
  const agent = new web.Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });
  return {
    async open(question) {
      const target = new URL(question.path, url);
      const options = { ...optionsFor(question, token), agent };
      const message = await send(web.request(target, options), question, target);
      const status = message.statusCode ?? 0;
      return { status, body: message, read: () => readWhole(message, status) };
    },
    close: () => agent.destroy(),
  };
}

/** Whether a daemon listens at `url`, told by a connection alone. */
export function isAnswering(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname.replaceAll(/^\[|\]$/g, ''));
    let connected = false;
    socket.setTimeout(CONNECT_MS, () => socket.destroy());
    socket.once('connect', () => {
      connected = true;
      socket.destroy();
    });
    socket.once('error', () => {});
    socket.once('close', () => resolve(connected));
  });
}

function optionsFor({ method, body, signal }: HttpQuestion, token: string): RequestOptions {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  return { method, headers, ...(signal === undefined ? {} : { signal }) };
}

function send(
  sent: ReturnType<typeof request>,
  { body, timeoutMs }: HttpQuestion,
  { origin }: URL,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on('response', resolve);
    sent.on('error', (error) => reject(unreachable(origin, error)));
    if (timeoutMs !== undefined) {
      sent.setTimeout(timeoutMs, () => sent.destroy(silent(origin, timeoutMs)));
    }
    sent.end(body);
  });
}

async function readWhole(message: IncomingMessage, status: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) {
      const text = 'The answer is too large to be read; ask for fewer at once.';
      throw new SignalboxError('daemon.answer_too_large', text);
    }
    chunks.push(chunk);
  }
  const retryAfterMs = readRetryAfter(message.headers['retry-after']);
  return { status, retryAfterMs, body: Buffer.concat(chunks).toString('utf8') };
}

function unreachable(origin: string, cause: Error): SignalboxError {
  if (cause instanceof SignalboxError) return cause;
  const problem = `No daemon answers at ${origin}: ${messageOf(cause)}`;
  const message = `${problem}. Start one with: signalbox up`;
  return new SignalboxError('daemon.absent', message, { cause });
}

function silent(origin: string, timeoutMs: number): SignalboxError {
  const seconds = timeoutMs / 1_000;
  const message = `The daemon at ${origin} said nothing for ${seconds} s; look at its log.`;
  return new SignalboxError('daemon.silent', message);
}
