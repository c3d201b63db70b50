import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Signalbox } from '../signalbox.ts';
import { type Clock, delay, SystemClock } from '../std/clock.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import { bareHost, urlOf } from '../std/http/address.ts';
import { type AllowedHosts, allowedHosts } from '../std/http/allowed-hosts.ts';
import { CommitSignal } from '../store/commit-signal.ts';
import { createGuard, type Guard } from './guard.ts';
import { SERVER_LIMITS, type ServerLimits } from './limits.ts';
import { refuse, SECURITY_HEADERS } from '../std/http/raw-answer.ts';
import type { Route } from './route.ts';
import { routeTable } from './route-table.ts';
import { createApp } from './http-app.ts';
import { tokenCheck } from './token-check.ts';
import { WrongTokens } from './wrong-tokens.ts';

export interface ServerOptions {
  readonly box: Signalbox;
  /** What every request must bring, but those for the open paths. */
  readonly token: string;
  /** A name or an address of this machine; IPv6 with or without brackets. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Names that we are reached under, beside this machine's own. */
  readonly hosts: readonly string[];
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly limits?: ServerLimits;
}

/** The HTTP API of one engine. */
export interface HttpServer extends Service {
  /** Where it listens, such as `http://127.0.0.1:8765`; known once it is started. */
  readonly url: string;
  /** Every route that it serves. */
  readonly routes: readonly Route[];
}

/** How often a stop looks for connections that have had their answer. */
const DRAIN_LOOK_MS = 20;

/**
 * Makes the HTTP API; it listens from `start` until `stop`.
 *
 * `start` throws SignalboxError `server.address_in_use` or `server.cannot_listen`. `stop` ends the
 * live streams, lets answers under way be sent, and then closes every connection.
 */
export function createServer(options: ServerOptions): HttpServer {
  return new FastifyServer(options);
}

class FastifyServer implements HttpServer {
  readonly name = 'http';
  readonly routes: readonly Route[];
  readonly #options: ServerOptions;
  readonly #clock: Clock;
  readonly #limits: ServerLimits;
  readonly #stopping = new AbortController();
  readonly #app: FastifyInstance;
  readonly #server: Server;
  #hosts: AllowedHosts;
  #url = '';

  constructor(options: ServerOptions) {
    const { box, host, port, hosts, logger, token } = options;
    const { clock = new SystemClock(), limits = SERVER_LIMITS } = options;
    this.#options = options;
    this.#clock = clock;
    this.#limits = limits;
    this.#hosts = allowedHosts({ host, port }, hosts);
    const commits = new CommitSignal(box.store, clock);
    const stopping = this.#stopping.signal;
    this.routes = routeTable({ box, clock, limits, commits, stopping });
    const open = this.routes.filter(({ needs }) => needs === 'nothing');
    const guard = createGuard({
      hosts: () => this.#hosts,
      isToken: tokenCheck(token),
      wrongTokens: new WrongTokens(clock, limits.wrongTokens),
      openPaths: new Set(open.map(({ path }) => path)),
    });
    this.#app = createApp({
      routes: this.routes,
      bodyBytes: limits.bodyBytes,
      redaction: box.configuration.secrets,
      serverFactory: (route) => guardedServer(guard, route, limits),
      logger,
    });
    this.#server = this.#app.server;
  }

  get url(): string {
    return this.#url;
  }

  async start(): Promise<void> {
    const { port, hosts } = this.#options;
    const host = bareHost(this.#options.host);
    try {
      await this.#app.listen({ host, port });
    } catch (cause) {
      throw cannotListen(cause as NodeJS.ErrnoException, urlOf(host, port));
    }
    const bound = (this.#server.address() as AddressInfo).port;
    this.#hosts = allowedHosts({ host, port: bound }, hosts);
    this.#url = urlOf(host, bound);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const drained = new AbortController();
    const closed = this.#app.close().finally(() => drained.abort());
    const until = this.#clock.monotonic() + this.#limits.drainMs;
    while (!drained.signal.aborted && this.#clock.monotonic() < until) {
      await delay(this.#clock, DRAIN_LOOK_MS, drained.signal);
      // What was answered meanwhile would be kept open for further requests.
      this.#server.closeIdleConnections();
    }
    this.#server.closeAllConnections();
    await closed;
  }
}

/** A server that asks the guard before anything else reads the request. */
function guardedServer(guard: Guard, route: RequestListener, limits: ServerLimits): Server {
  const { bodyBytes } = limits;
  const server = createHttpServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.sweepMs,
      keepAliveTimeout: limits.idleMs,
    },
    (request, response) => {
      for (const [name, value] of HEADERS) response.setHeader(name, value);
      const error = guard(request);
      if (error === undefined) route(request, response);
      else refuse(request, response, { error, bodyBytes });
    },
  );
  server.maxConnections = limits.connections;
  return server;
}

const HEADERS = Object.entries(SECURITY_HEADERS);

function cannotListen(cause: NodeJS.ErrnoException, address: string): SignalboxError {
  if (cause.code === 'EADDRINUSE') {
    const message = `Another program listens on ${address}; stop it, or choose another "port".`;
    return new SignalboxError('server.address_in_use', message, { cause });
  }
  const message = `Cannot listen on ${address} (${cause.code}); choose another "host" or "port".`;
  return new SignalboxError('server.cannot_listen', message, { cause });
}
