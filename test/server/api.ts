import { type IncomingHttpHeaders, request } from 'node:http';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { SERVER_LIMITS, type ServerLimits } from '../../src/server/limits.ts';
import { createServer, type HttpServer } from '../../src/server/server.ts';
import type { Signalbox } from '../../src/signalbox.ts';
import { type Clock, SystemClock } from '../../src/std/clock.ts';
import { type Logger, silentLogger } from '../../src/std/logger.ts';
import { type After, openEngine, type WrittenFlow } from './engine.ts';

export const TOKEN = 'sbt_3vkq7m2xw9c4hj5n8p6r1t0y';

export interface Api {
  readonly box: Signalbox;
  readonly server: HttpServer;
  /** Asks with the token. */
  readonly ask: Ask;
  /** Asks with these headers and no others. */
  readonly askBare: Ask;
}

export type Ask = (path: string, question?: Question) => Promise<Answer>;

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body's JSON; empty where there is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface ApiOptions {
  readonly flows?: readonly WrittenFlow[];
  /** What the configuration says beside flows. */
  readonly settings?: object;
  readonly limits?: Partial<ServerLimits>;
  readonly hosts?: readonly string[];
  readonly behindProxy?: boolean;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly after?: After;
}

/** A real engine behind a real socket; both end with the test. */
export async function openApi(options: ApiOptions = {}): Promise<Api> {
  const { flows = [], hosts = [], clock = new SystemClock(), logger = silentLogger } = options;
  const { after = onTestFinished, behindProxy = false } = options;
  const limits = { ...SERVER_LIMITS, ...options.limits };
  const box = await openEngine(flows, after, options.settings);
  const bound = { token: TOKEN, host: '127.0.0.1', port: 0 };
  const server = createServer({ box, ...bound, hosts, behindProxy, clock, logger, limits });
  await server.start();
  after(() => server.stop());
  const askBare: Ask = (path, question = {}) => send(server.url, path, question);
  const ask: Ask = (path, { headers, ...question } = {}) =>
    askBare(path, { ...question, headers: { authorization: `Bearer ${TOKEN}`, ...headers } });
  return { box, server, ask, askBare };
}

/** One API for all tests of a describe, where none of them changes what another sees. */
export function shareApi(options: ApiOptions = {}): () => Api {
  const cleanups: (() => Promise<void>)[] = [];
  let shared: Api | undefined;
  beforeAll(async () => {
    shared = await openApi({ ...options, after: (cleanup) => cleanups.push(cleanup) });
  });
  afterAll(async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  });
  return () => {
    if (shared === undefined) throw new Error('the API is there once the tests run');
    return shared;
  };
}

/** Sends the path exactly as it is written, which fetch would not. */
export function send(url: string, path: string, question: Question): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const { method = 'GET', headers = {}, body } = question;
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers, agent: false }, (message) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('error', reject);
      message.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = /json/.test(message.headers['content-type'] ?? '') && text !== '';
        resolve({
          status: message.statusCode ?? 0,
          headers: message.headers,
          text,
          json: isJson ? JSON.parse(text) : {},
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Posts a JSON body. */
export function json(body: unknown, headers: Question['headers'] = {}): Question {
  const content = { 'content-type': 'application/json', ...headers };
  return { method: 'POST', headers: content, body: JSON.stringify(body) };
}
