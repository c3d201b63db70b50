import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { type Clock, delay } from '../../std/clock.ts';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import { bareHost, urlOf } from '../../std/http/address.ts';
import { type AllowedHosts, allowedHosts } from '../../std/http/allowed-hosts.ts';
import { HttpError, PROBLEM_TYPE, problemText, retryAfter } from '../../std/http/http-error.ts';
import { answerUnreadable, refuse, SECURITY_HEADERS } from '../../std/http/raw-answer.ts';
import { refuseStranger } from '../../std/http/strangers.ts';
import type { Logger } from '../../std/logger.ts';
import { unsupportedBody } from './body.ts';
import type { Hook } from './hook.ts';
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
  readonly rejected: (data: object, subject: string) => Promise<void>;
}

/** The subject of refusals that are about no source. */
const NOBODY = 'webhook';
/** A path of a hook is shorter. */
const PATH_LENGTH_MAX = 200;
/** How often a stop looks for connections that have had their answer. */
const DRAIN_LOOK_MS = 20;
const AGAIN_MS = 1_000;

/**
 * Where webhooks are heard: opened for the first hook, closed after the last. It serves nothing but
 * the paths of hooks, and these exactly as they are written.
 */
export class HookListener {
  readonly #options: ListenerOptions;
  readonly #hooks = new Map<string, Hook>();
  /** Opening and closing, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #open: OpenListener | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Where it listens, such as `http://127.0.0.1:8766`; undefined while no hook is open. */
  get url(): string | undefined {
    return this.#open?.url;
  }

  /**
   * Hears a hook's path from now on.
   *
   * @throws SignalboxError `webhook.address_in_use` or `webhook.cannot_listen`, and
   *   `webhook.duplicate_path` where another hook has the path.
   */
  add(hook: Hook, listening: Listening): Promise<void> {
    return this.#next(async () => {
      if (this.#hooks.has(hook.path)) throw pathTaken(hook.path);
      this.#open ??= await this.#listen(listening);
      this.#hooks.set(hook.path, hook);
    });
  }

  /** Hears the hook's path no more. Safe for one that was not added. */
  remove(hook: Hook): Promise<void> {
    return this.#next(async () => {
      if (this.#hooks.get(hook.path) !== hook) return;
      this.#hooks.delete(hook.path);
      if (this.#hooks.size > 0) return;
      const open = this.#open;
      this.#open = undefined;
      await open?.close();
    });
  }

  #next(task: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #listen(listening: Listening): Promise<OpenListener> {
    const open = new OpenListener(this.#options, listening, (path) => this.#hooks.get(path));
    await open.start();
    return open;
  }
}

/** One server, from its opening to its end. */
class OpenListener {
  readonly #options: ListenerOptions;
  readonly #listening: Listening;
  readonly #hookAt: (path: string) => Hook | undefined;
  readonly #limits: ListenerLimits;
  readonly #app: FastifyInstance;
  readonly #server: Server;
  readonly #strays: Rejections;
  #hosts: AllowedHosts;
  url = '';

  constructor(
    options: ListenerOptions,
    listening: Listening,
    hookAt: (path: string) => Hook | undefined,
  ) {
    this.#options = options;
    this.#listening = listening;
    this.#hookAt = hookAt;
    this.#limits = options.limits ?? LISTENER_LIMITS;
    this.#hosts = allowedHosts(options, options.hosts);
    const { clock, rejected } = listening;
    this.#strays = new Rejections({ clock, record: (data) => void rejected(data, NOBODY) });
    this.#app = this.#createApp();
    this.#server = this.#app.server;
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
    this.url = urlOf(host, bound);
  }

  async close(): Promise<void> {
    const { clock } = this.#listening;
    const drained = new AbortController();
    const closed = this.#app.close().finally(() => drained.abort());
    const until = clock.monotonic() + this.#limits.drainMs;
    while (!drained.signal.aborted && clock.monotonic() < until) {
      this.#server.closeIdleConnections();
      await delay(clock, DRAIN_LOOK_MS, drained.signal);
    }
    this.#server.closeAllConnections();
    await closed;
    this.#strays.close();
  }

  #createApp(): FastifyInstance {
    const app = Fastify({
      serverFactory: (route) => this.#createServer(route),
      bodyLimit: BODY_BYTES_MAX,
      routerOptions: { maxParamLength: PATH_LENGTH_MAX },
      forceCloseConnections: 'idle',
      clientErrorHandler: answerUnreadable,
      frameworkErrors: (error, request, reply) => this.#fail(error, request.raw, reply),
    });
    app.removeAllContentTypeParsers();
    const parser = { parseAs: 'buffer' } as const;
    app.addContentTypeParser('*', parser, (_request, body, done) => done(null, body));
    app.setErrorHandler((error, request, reply) => this.#fail(error, request.raw, reply));
    app.post('/*', async ({ raw, body }, reply) => {
      const hook = this.#hookAt(pathOf(raw));
      if (hook === undefined) throw stopping();
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      const { status, type, text } = await hook.take({ headers: raw.headers, body: bytes });
      return reply.code(status).type(type).send(text);
    });
    return app;
  }

  #createServer(route: RequestListener): Server {
    const { headerBytes, headersMs, requestMs, sweepMs, idleMs, connections } = this.#limits;
    const server = createServer(
      {
        maxHeaderSize: headerBytes,
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: sweepMs,
        keepAliveTimeout: idleMs,
      },
      (request, response) => this.#guard(request, response, route),
    );
    server.maxConnections = connections;
    return server;
  }

  /** Looks at a request before anything of its body is read. */
  #guard(request: IncomingMessage, response: ServerResponse, route: RequestListener): void {
    for (const [name, value] of HEADERS) response.setHeader(name, value);
    const error = this.#refusalOf(request);
    if (error === undefined) return route(request, response);
    this.#reject(request, error);
    refuse(request, response, { error, bodyBytes: BODY_BYTES_MAX });
  }

  #refusalOf(request: IncomingMessage): HttpError | undefined {
    const stranger = refuseStranger(request.headers, this.#hosts);
    if (stranger !== undefined) return stranger;
    const hook = this.#hookAt(pathOf(request));
    if (hook === undefined) return unknownPath();
    if (request.method !== 'POST') return wrongMethod();
    try {
      hook.precheck(request.headers);
      return undefined;
    } catch (error) {
      return problemOf(error);
    }
  }

  #fail(thrown: unknown, request: IncomingMessage, reply: FastifyReply): void {
    const error = problemOf(thrown);
    if (error.status === 500) {
      const fields = { path: pathOf(request), error: messageOf(thrown) };
      this.#listening.logger.error('a webhook could not be taken', fields);
    }
    this.#reject(request, error);
    void reply
      .code(error.status)
      .headers(error.headers)
      .type(PROBLEM_TYPE)
      .send(problemText(error));
  }

  /** What may be sent again, as the answer says, is no refusal. */
  #reject(request: IncomingMessage, { code: reason, status, headers }: HttpError): void {
    if (headers['retry-after'] !== undefined) return;
    const whole = pathOf(request);
    const path = whole.slice(0, PATH_LENGTH_MAX);
    const rejection = { reason, status, address: request.socket.remoteAddress ?? '', path };
    const hook = this.#hookAt(whole);
    if (hook === undefined) this.#strays.note(rejection);
    else hook.reject(rejection);
  }
}

const HEADERS = Object.entries(SECURITY_HEADERS);

function pathOf({ url = '' }: IncomingMessage): string {
  const at = url.indexOf('?');
  return at === -1 ? url : url.slice(0, at);
}

/** What an error may say to the outside: of what nobody foresaw, nothing. */
function problemOf(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown;
  const { statusCode: status = 500 } = thrown as Partial<FastifyError>;
  switch (status) {
    case 413:
      return new HttpError('request.too_large', 'The body is too large.', { status });
    case 415:
      return unsupportedBody();
    case 503:
      return stopping();
    case 400:
      return new HttpError('request.malformed', 'The request cannot be read.', { status });
    default: {
      const message = "Something went wrong here; the daemon's log says what.";
      return new HttpError('server.failed', message, { status: 500 });
    }
  }
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

function pathTaken(path: string): SignalboxError {
  const message = `Another webhook source has the path ${path}; give this one its own.`;
  return new SignalboxError('webhook.duplicate_path', message);
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
