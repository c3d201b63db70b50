import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyServerFactory,
  type FastifyServerOptions,
  type HTTPMethods,
} from 'fastify';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Redaction } from '../std/redact.ts';
import { HttpError, retryAfter } from '../std/http/http-error.ts';
import { errorBody } from '../std/http/page.ts';
import { unsupportedMediaType } from './media-type.ts';
import { unreadableAnswerer } from '../std/http/raw-answer.ts';
import { REQUEST_ID, type RequestIds } from '../std/http/request-ids.ts';
import { byOf, refuseRole } from './caller.ts';
import type { Failures } from './failures.ts';
import { type HttpMeter, NO_ROUTE } from './http-meter.ts';
import type { Route } from './route.ts';

/** What the routes are served by and with. */
export interface AppOptions {
  readonly routes: readonly Route[];
  readonly bodyBytes: number;
  readonly serverFactory: FastifyServerFactory;
  /** Names what no server could read; the rest has its id as a header when it comes here. */
  readonly ids: RequestIds;
  readonly failures: Failures;
  readonly logger: Logger;
  readonly meter: HttpMeter;
  /** Takes secrets out of whatever is answered at once. */
  readonly redaction: Redaction;
}

type Compilers = NonNullable<
  NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']
>;

/** The longest id that a path may carry, percent-encoded. */
const PARAMETER_LENGTH_MAX = 8_192;

/**
 * In place of Fastify's compilers of schemas, which it loads before its first route: routes read
 * and check their own bodies, so a start need not wait for a hundred files of theirs.
 */
const NO_COMPILERS: Compilers = {
  buildValidator: () => refuseSchema,
  buildSerializer: () => refuseSchema,
};

function refuseSchema(): never {
  throw new Error('A route has a schema, and nothing that reads one is loaded.');
}

/** The routes behind Fastify. Everything that it refuses itself becomes a problem like our own. */
export function createApp(options: AppOptions): FastifyInstance {
  const { routes, bodyBytes, serverFactory, ids, failures, logger, meter, redaction } = options;
  const fail = (error: unknown, reply: FastifyReply): void => sendError(error, reply, logger);
  const app = Fastify({
    serverFactory,
    bodyLimit: bodyBytes,
    forceCloseConnections: 'idle',
    clientErrorHandler: unreadableAnswerer(ids),
    requestIdHeader: REQUEST_ID,
    frameworkErrors: (error, _request, reply) => fail(error, reply),
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    schemaController: { compilersFactory: NO_COMPILERS },
  });
  // The route itself reads its body: nothing is parsed twice, or before it is asked for.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => fail(error, reply));
  app.setNotFoundHandler((_request, reply) => fail(notFound(), reply));
  const endless = new Set(routes.filter((route) => route.endless).map(({ path }) => path));
  app.addHook('onResponse', (request, reply, done) => {
    const { url: route = NO_ROUTE.unknown } = request.routeOptions;
    const tookMs = endless.has(route) ? undefined : reply.elapsedTime;
    meter.note({ route, method: request.method, status: reply.statusCode, tookMs });
    done();
  });
  for (const route of routes) addRoute(app, route, failures);
  app.addHook('onSend', async (_request, reply, payload) => {
    if (typeof payload !== 'string') return payload;
    const isJson = String(reply.getHeader('content-type')).includes('json');
    return isJson ? redaction.json(payload) : redaction.text(payload);
  });
  for (const [path, methods] of methodsByPath(routes)) refuseOtherMethods(app, path, methods);
  return app;
}

function addRoute(app: FastifyInstance, route: Route, failures: Failures): void {
  const { method, path, needs, status = 200, handle } = route;
  app.route({
    method,
    url: path,
    exposeHeadRoute: hasHead(route),
    handler: async (request, reply) => {
      const refused = needs === 'nothing' ? undefined : refuseRole(request, needs);
      if (refused === undefined) return handle(request, reply.code(status));
      failures.note(request.raw, refused, byOf(request));
      throw refused;
    },
  });
}

function hasHead({ method, endless, once }: Route): boolean {
  return method === 'GET' && endless !== true && once !== true;
}

function methodsByPath(routes: readonly Route[]): Map<string, Set<string>> {
  const paths = new Map<string, Set<string>>();
  for (const route of routes) {
    const methods = paths.get(route.path) ?? new Set();
    methods.add(route.method);
    if (hasHead(route)) methods.add('HEAD');
    paths.set(route.path, methods);
  }
  return paths;
}

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const;

function refuseOtherMethods(app: FastifyInstance, path: string, allowed: Set<string>): void {
  const allow = [...allowed].join(', ');
  const method: HTTPMethods[] = METHODS.filter((name) => !allowed.has(name));
  app.route({
    method,
    url: path,
    exposeHeadRoute: false,
    handler: () => {
      const message = `Only ${allow} may be asked of this path.`;
      throw new HttpError('route.wrong_method', message, { status: 405, headers: { allow } });
    },
  });
}

function sendError(thrown: unknown, reply: FastifyReply, logger: Logger): void {
  const error = problemOf(thrown);
  if (error.status === 500) {
    const { id, method, url } = reply.request;
    logger.error('a request failed', { request: id, method, url, error: messageOf(thrown) });
  }
  const { type, text } = errorBody(error, reply.request.raw, reply.request.id);
  void reply.code(error.status).headers(error.headers).type(type).send(text);
}

/** What an error may say to the outside: of what nobody foresaw, nothing. */
function problemOf(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown;
  const { statusCode: status = 500, code } = thrown as Partial<FastifyError>;
  if (status === 413) {
    return new HttpError('request.too_large', 'The body is too large.', { status });
  }
  if (status === 415) return unsupportedMediaType();
  if (status === 503) {
    const message = 'The daemon is stopping; ask again.';
    return new HttpError('server.stopping', message, { status, headers: retryAfter(1_000) });
  }
  if (status < 500 && code?.startsWith('FST_') === true) {
    return new HttpError('request.malformed', 'The request cannot be read.', { status });
  }
  const message = "Something went wrong here; the daemon's log says what.";
  return new HttpError('server.failed', message, { status: 500 });
}

function notFound(): HttpError {
  return new HttpError('route.unknown', 'There is nothing under this path.', { status: 404 });
}
