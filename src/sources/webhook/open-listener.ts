import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, delay } from '../../std/clock.ts';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import { bareHost, localUrlOf, urlOf } from '../../std/http/address.ts';
import { type AllowedHosts, allowedHosts } from '../../std/http/allowed-hosts.ts';
import { limitConnections } from '../../std/http/connections.ts';
import { HttpError, retryAfter } from '../../std/http/http-error.ts';
import { refuse, SECURITY_HEADERS, unreadableAnswerer } from '../../std/http/raw-answer.ts';
import { readBytes } from '../../std/http/read-bytes.ts';
import { REQUEST_ID, RequestIds } from '../../std/http/request-ids.ts';
import { refuseStranger } from '../../std/http/strangers.ts';
import type { Logger } from '../../std/logger.ts';
import type { RefusedRequest } from '../source.ts';
import type { HookAnswer, HookRequest } from './hook.ts';
import type { HookTable } from './hook-table.ts';
import { Rejections } from './rejections.ts';
import { BODY_BYTES_MAX } from './shape.ts';

/** What one sender, and all of them together, may take of the daemon. */
export interface ListenerLimits {
  readonly headerBytes: number;
  /** How long a request's headers, and the whole of it, may take to arrive. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often the two are looked at. */
  readonly sweepMs: number;
  /** How long a connection may stay open without a request. */
  readonly idleMs: number;
  readonly connections: number;
  /** How long a stop waits for answers under way. */
  readonly drainMs: number;
}

/** The limits of a daemon. */
export const LISTENER_LIMITS: ListenerLimits = {
  headerBytes: 16_384,
  headersMs: 10_000,
  requestMs: 30_000,
  sweepMs: 1_000,
  idleMs: 20_000,
  connections: 256,
  drainMs: 1_500,
};

export interface ListenerOptions {
  /** A name or an address of this machine; IPv6 with or without brackets. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Names that we are reached under, beside this machine's own. */
  readonly hosts: readonly string[];
  readonly limits?: ListenerLimits;
}

/** What a hook needs its listener to know. */
export interface Listening {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Records a refusal as an event of ours. */
  readonly rejected: (request: RefusedRequest, subject: string) => Promise<void>;
}

/** The subject of refusals that are about no source. */
const NOBODY = 'webhook';
/** A path of a hook is shorter. */
const PATH_LENGTH_MAX = 200;
/** How often a stop looks for connections that have had their answer. */
const DRAIN_LOOK_MS = 20;
const AGAIN_MS = 1_000;

/**
 * One server, from its opening to its end.
 *
 * It stands on Node's own: all that it serves is one method of a few paths, and what is in a hurry
 * here are bursts of deliveries.
 */
export class OpenListener {
  readonly #options: ListenerOptions;
  readonly #listening: Listening;
  readonly #hooks: HookTable;
  readonly #limits: ListenerLimits;
  readonly #server: Server;
  readonly #strays: Rejections;
  readonly #ids = new RequestIds();
  #hosts: AllowedHosts;
  #isClosing = false;
  url = '';

  constructor(options: ListenerOptions, listening: Listening, hooks: HookTable) {
    this.#options = options;
    this.#listening = listening;
    this.#hooks = hooks;
    this.#limits = options.limits ?? LISTENER_LIMITS;
    this.#hosts = allowedHosts(options, options.hosts);
    const { clock, rejected } = listening;
    this.#strays = new Rejections({ clock, record: (data) => void rejected(data, NOBODY) });
    this.#server = this.#createServer();
  }

  get clock(): Clock {
    return this.#listening.clock;
  }

  async start(): Promise<void> {
    const { port, hosts } = this.#options;
    const host = bareHost(this.#options.host);
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      const fail = (cause: Error): void => reject(cannotListen(cause, urlOf(host, port)));
      server.once('error', fail);
      server.listen({ host, port }, () => {
        server.off('error', fail);
        resolve();
      });
    });
    const bound = server.address() as AddressInfo;
    this.#hosts = allowedHosts({ host, port: bound.port }, hosts);
    this.url = localUrlOf(host, bound);
  }

  /** Takes no more requests, and waits a little for the answers to those that it has. */
  async close(): Promise<void> {
    const { clock } = this.#listening;
    const drained = new AbortController();
    this.#isClosing = true;
    this.#server.close(() => drained.abort());
    const until = clock.monotonic() + this.#limits.drainMs;
    while (!drained.signal.aborted && clock.monotonic() < until) {
      this.#server.closeIdleConnections();
      await delay(clock, DRAIN_LOOK_MS, drained.signal);
    }
    this.#server.closeAllConnections();
    this.#strays.close();
  }

  #createServer(): Server {
    const { headerBytes, headersMs, requestMs, sweepMs, idleMs, connections } = this.#limits;
    const server = createServer(
      {
        maxHeaderSize: headerBytes,
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: sweepMs,
        keepAliveTimeout: idleMs,
      },
      (request, response) => void this.#serve(request, response),
    );
    limitConnections(server, connections);
    server.on('clientError', unreadableAnswerer(this.#ids));
    return server;
  }

  /** Answers a request; never rejects. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#isClosing) response.shouldKeepAlive = false;
    const id = this.#ids.next();
    try {
      this.#look(request);
      const body = await readBytes(request, BODY_BYTES_MAX);
      const { headers } = request;
      send(response, id, await this.#take(pathOf(request), { headers, body }));
    } catch (thrown) {
      response.setHeader(REQUEST_ID, id);
      this.#fail(thrown, { id, request, response });
    }
  }

  /** Has the path's hook take a request; where it is just being replaced, the next one. */
  async #take(path: string, request: HookRequest): Promise<HookAnswer> {
    const hook = this.#hooks.at(path) ?? (await this.#hooks.next(path));
    if (hook === undefined) throw stopping();
    try {
      return await hook.take(request);
    } catch (error) {
      const isStopping = error instanceof HttpError && error.code === 'server.stopping';
      if (!isStopping || this.#hooks.at(path) === hook || !this.#hooks.has(path)) throw error;
      return this.#take(path, request);
    }
  }

  /**
   * Looks at a request before anything of its body is read.
   *
   * @throws HttpError where its headers alone say that it is refused.
   */
  #look(request: IncomingMessage): void {
    const stranger = refuseStranger(request.headers, this.#hosts);
    if (stranger !== undefined) throw stranger;
    if (this.#isClosing) throw stopping();
    const path = pathOf(request);
    if (!this.#hooks.has(path)) throw unknownPath();
    if (request.method !== 'POST') throw wrongMethod();
    this.#hooks.at(path)?.precheck(request.headers);
  }

  /** Says what is wrong; of what nobody foresaw nothing but that. */
  #fail(thrown: unknown, { id, request, response }: Served): void {
    const error = thrown instanceof HttpError ? thrown : failed();
    if (error !== thrown) {
      const fields = { request: id, path: pathOf(request), error: messageOf(thrown) };
      this.#listening.logger.error('a webhook could not be taken', fields);
    }
    this.#reject(request, id, error);
    for (const [name, value] of HEADERS) response.setHeader(name, value);
    refuse(request, response, { error, bodyBytes: BODY_BYTES_MAX });
  }

  /** What may be sent again, as the answer says, is no refusal. */
  #reject(
    request: IncomingMessage,
    id: string,
    { code: reason, status, headers }: HttpError,
  ): void {
    if (headers['retry-after'] !== undefined) return;
    const whole = pathOf(request);
    const path = whole.slice(0, PATH_LENGTH_MAX);
    const address = request.socket.remoteAddress ?? '';
    const rejection = { reason, status, address, path, request: id };
    const hook = this.#hooks.at(whole);
    if (hook === undefined) this.#strays.note(rejection);
    else hook.reject(rejection);
  }
}

/** One request under its id. */
interface Served {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const HEADERS = Object.entries(SECURITY_HEADERS);
const HEADER_LIST = HEADERS.flat();

function pathOf({ url = '' }: IncomingMessage): string {
  const at = url.indexOf('?');
  return at === -1 ? url : url.slice(0, at);
}

function send(response: ServerResponse, id: string, { status, type, text }: HookAnswer): void {
  const length = Buffer.byteLength(text);
  const headers = [...HEADER_LIST, REQUEST_ID, id];
  // A list, name by value, which Node writes as it stands.
  response.writeHead(status, [...headers, 'content-type', type, 'content-length', length]);
  response.end(text);
}

function failed(): HttpError {
  const message = "Something went wrong here; the daemon's log says what.";
  return new HttpError('server.failed', message, { status: 500 });
}

function unknownPath(): HttpError {
  return new HttpError('route.unknown', 'There is nothing under this path.', { status: 404 });
}

function wrongMethod(): HttpError {
  const message = 'Webhooks are sent by POST.';
  return new HttpError('route.wrong_method', message, { status: 405, headers: { allow: 'POST' } });
}

function stopping(): HttpError {
  const message = 'The daemon is stopping, so nothing was recorded; send it again.';
  return new HttpError('server.stopping', message, { status: 503, headers: retryAfter(AGAIN_MS) });
}

function cannotListen(cause: NodeJS.ErrnoException, address: string): SignalboxError {
  if (cause.code === 'EADDRINUSE') {
    const reason = `Another program listens on ${address}`;
    const message = `${reason}; stop it, or choose another "webhook_port".`;
    return new SignalboxError('webhook.address_in_use', message, { cause });
  }
  const message = `Cannot listen on ${address} (${cause.code}); choose another "webhook_host".`;
  return new SignalboxError('webhook.cannot_listen', message, { cause });
}
