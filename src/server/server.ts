import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Signalbox } from '../signalbox.ts';
import { type Clock, delay, SystemClock } from '../std/clock.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import { bareHost, localUrlOf, urlOf } from '../std/http/address.ts';
import { type AllowedHosts, allowedHosts } from '../std/http/allowed-hosts.ts';
import { limitConnections } from '../std/http/connections.ts';
import { CommitSignal } from '../store/commit-signal.ts';
import { Failures } from './failures.ts';
import { HttpMeter, NO_ROUTE } from './http-meter.ts';
import { createGuard, type Guard } from './guard.ts';
import { SERVER_LIMITS, type ServerLimits } from './limits.ts';
import { refuse, SECURITY_HEADERS } from '../std/http/raw-answer.ts';
import { RequestIds } from '../std/http/request-ids.ts';
import { nameRequest } from './request-id.ts';
import { RequestRate } from './request-rate.ts';
import type { Route } from './route.ts';
import { routeTable } from './route-table.ts';
import { createApp } from './http-app.ts';
import { type CookieOptions, cookieName } from './session-cookie.ts';

/** What a server serves, and where. */
export interface ServerOptions {
  readonly box: Signalbox;
  /** The token of whoever owns the data directory. */
  readonly token: string;
  /** A name or an address of this machine; IPv6 with or without brackets. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Names that we are reached under, beside this machine's own. */
  readonly hosts: readonly string[];
  /** Whether a proxy of ours stands before us, which speaks HTTPS and says who asks. */
  readonly behindProxy?: boolean;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly limits?: ServerLimits;
  /** Our own version, as metrics tell it. */
  readonly build?: string;
}

/** The HTTP API of one engine. */
export interface HttpServer extends Service {
  /** Where this machine asks it, such as `http://127.0.0.1:8765`; known once it is started. */
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
  readonly #failures: Failures;
  #hosts: AllowedHosts;
  #url = '';

  constructor(options: ServerOptions) {
    const { box, host, port, hosts, logger, token, behindProxy = false } = options;
    const { clock = new SystemClock(), limits = SERVER_LIMITS, build = '' } = options;
    const meter = new HttpMeter();
    this.#options = options;
    this.#clock = clock;
    this.#limits = limits;
    this.#hosts = allowedHosts({ host, port }, hosts);
    const commits = new CommitSignal(box.store, clock);
    const stopping = this.#stopping.signal;
    const { identity } = box;
    identity.useOwner(token);
    const failures = new Failures({
      clock,
      triesMax: limits.wrongTokens,
      behindProxy,
      record: (what) => identity.ledger.note('auth.failed', what),
    });
    this.#failures = failures;
    const cookie = (): CookieOptions => {
      return { name: cookieName(this.#hosts.port), secure: behindProxy };
    };
    const asked = { failures, cookie, meter, build };
    this.routes = routeTable({ box, clock, limits, commits, stopping, ...asked });
    const open = this.routes.filter(({ needs }) => needs === 'nothing');
    const { request_limit: paced } = box.configuration.settings;
    const rate =
      paced && new RequestRate({ clock, behindProxy, limit: paced.limit, perMs: paced.per });
    const guard = createGuard({
      hosts: () => this.#hosts,
      identity,
      failures,
      cookie: () => cookie().name,
      openPaths: new Set(open.map(({ path }) => path)),
      landings: new Set(open.filter(({ landing }) => landing).map(({ path }) => path)),
    });
    const ids = new RequestIds();
    this.#app = createApp({
      ids,
      routes: this.routes,
      bodyBytes: limits.bodyBytes,
      failures,
      redaction: box.configuration.secrets,
      serverFactory: (route) => guardedServer({ ids, guard, rate, meter }, route, limits),
      logger,
      meter,
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
    const bound = this.#server.address() as AddressInfo;
    this.#hosts = allowedHosts({ host, port: bound.port }, hosts);
    this.#url = localUrlOf(host, bound);
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
    this.#failures.close();
  }
}

/** Whom a request passes before it is read. */
interface Doors {
  readonly ids: RequestIds;
  readonly guard: Guard;
  /** Undefined where nobody is held back. */
  readonly rate: RequestRate | undefined;
  readonly meter: HttpMeter;
}

/** A server that asks the guard before anything else reads the request. */
function guardedServer(
  { ids, guard, rate, meter }: Doors,
  route: RequestListener,
  limits: ServerLimits,
): Server {
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
      const error = nameRequest(request, response, {
        id: ids.next(),
        judge: () => guard(request) ?? rate?.refusal(request),
      });
      if (error === undefined) return route(request, response);
      const { method = '' } = request;
      meter.note({ route: NO_ROUTE.refused, method, status: error.status, tookMs: undefined });
      refuse(request, response, { error, bodyBytes });
    },
  );
  limitConnections(server, limits.connections);
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
