import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Agent, Dispatcher } from 'undici';
import { HeadCapture } from '../std/captured-output.ts';
import { messageOf } from '../std/errors.ts';
import { untilAborted } from '../std/until-aborted.ts';
import { type AllowedHost, parseAllowedHost } from './http-allow.ts';
import { guardedConnector, UnsentError } from './http-connector.ts';
import { type Hop, redirectOf } from './http-redirect.ts';

/** What is asked, and how much of the answer is wanted. */
export interface HttpRequest extends Hop {
  readonly bodyBytesMax: number;
  /** Statuses that are an answer even where they are redirects. */
  readonly expected: readonly number[];
  readonly signal: AbortSignal;
}

/** What came of a request. */
export type HttpOutcome = (Sent | Lost) & {
  /** Of the last request, after redirects. */
  readonly url: URL;
  /** Whether an answer came before that sent us to look at the result of what we had asked for. */
  readonly acted: boolean;
};

type Sent = HttpAnswer | Unsent | Broken;

export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Buffer;
  /** Whether `body` is all of it. */
  readonly complete: boolean;
}

/** No connection came about, or the request was none: nothing was sent. */
interface Unsent {
  readonly kind: 'unsent';
  readonly code: string;
  readonly message: string;
}

/** It was sent, wholly or in part, and no whole answer came back. */
interface Broken {
  readonly kind: 'broken';
  readonly message: string;
}

/** Redirected to where we do not go. */
interface Lost {
  readonly kind: 'lost';
  readonly message: string;
}

/** Whom the client may call beside public hosts, and how names are resolved. */
export interface HttpClientOptions {
  /** Entries of `security.http_allow`. What cannot be read as one allows nothing. */
  readonly allow: readonly string[];
  readonly lookup?: LookupFunction;
}

const REDIRECTS_MAX = 5;
/** How many connections are open to one host at once. */
const CONNECTIONS_MAX = 64;

/** Sends requests over connections that are kept and shared, to public and allowed hosts only. */
export class HttpClient {
  readonly #allow: readonly AllowedHost[];
  readonly #lookup: LookupFunction;
  #agent: Promise<Agent> | undefined;

  constructor({ allow, lookup = systemLookup }: HttpClientOptions) {
    this.#allow = allow.flatMap((entry) => parseAllowedHost(entry) ?? []);
    this.#lookup = lookup;
  }

  /** Never rejects: what goes wrong is an outcome. */
  async request(request: HttpRequest): Promise<HttpOutcome> {
    let hop: Hop = request;
    let acted = false;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const outcome = await this.#send(hop, request);
      const known = { url: hop.url, acted };
      if (outcome.kind !== 'answer' || request.expected.includes(outcome.status)) {
        return { ...outcome, ...known };
      }
      const redirect = redirectOf(hop, outcome.status, outcome.headers['location']);
      if (redirect.kind === 'none') return { ...outcome, ...known };
      if (redirect.kind === 'refused') {
        return { kind: 'lost', message: `redirected to a place ${redirect.reason}`, ...known };
      }
      acted ||= redirect.hop.method !== hop.method;
      hop = redirect.hop;
    }
    return {
      kind: 'lost',
      message: `redirected more than ${REDIRECTS_MAX} times`,
      url: hop.url,
      acted,
    };
  }

  /** Cuts all connections: what is under way is broken. */
  async stop(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    await (await agent)?.destroy();
  }

  async #send({ method, url, headers, body }: Hop, request: HttpRequest): Promise<Sent> {
    const { signal, bodyBytesMax } = request;
    if (signal.aborted)
      return { kind: 'unsent', code: 'ABORTED', message: 'it was stopped before' };
    try {
      this.#agent ??= openAgent(this.#allow, this.#lookup);
      const agent = await this.#agent;
      const answer = agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers,
        body: body ?? null,
        signal,
        // The step's own timeout is the only one.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      // undici notices an abort only once it is connected, which may take longer than the step may.
      return await untilAborted(
        answer.then((found) => read(found, bodyBytesMax)),
        signal,
      );
    } catch (error) {
      return failureOf(error);
    }
  }
}

/** Loads undici with the first request: most commands of the command line make none. */
async function openAgent(allow: readonly AllowedHost[], lookup: LookupFunction): Promise<Agent> {
  const { Agent: UndiciAgent, buildConnector } = await import('undici');
  const connect = guardedConnector({ allow, lookup, build: buildConnector });
  return new UndiciAgent({ connect, connections: CONNECTIONS_MAX });
}

async function read(response: Dispatcher.ResponseData, bytesMax: number): Promise<Sent> {
  const body = new HeadCapture(bytesMax);
  let complete = true;
  for await (const chunk of response.body) {
    body.push(chunk as Buffer);
    complete = body.captured().bytesPrinted <= bytesMax;
    if (!complete) break;
  }
  return {
    kind: 'answer',
    status: response.statusCode,
    headers: textsOf(response.headers),
    body: body.captured().bytes,
    complete,
  };
}

/** Repeated headers joined as HTTP joins them. */
function textsOf(headers: Dispatcher.ResponseData['headers']): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')]],
    ),
  );
}

function failureOf(error: unknown): Sent {
  const sent = !(error instanceof UnsentError);
  const cause = sent ? error : error.cause;
  const code = codeOf(cause);
  // Refused by undici itself, such as a header's value.
  if (!sent || code === 'UND_ERR_INVALID_ARG')
    return { kind: 'unsent', code, message: said(cause) };
  return { kind: 'broken', message: said(cause) };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Where several addresses were tried, each failed in its own way, and the whole says nothing. */
function said(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return messageOf(first) || codeOf(first);
}
