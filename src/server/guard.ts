import type { IncomingMessage } from 'node:http';
import type { Credential, Identity } from '../identity/identity.ts';
import { digestOf } from '../identity/token.ts';
import type { AllowedHosts } from '../std/http/allowed-hosts.ts';
import { HttpError } from '../std/http/http-error.ts';
import { refuseStranger } from '../std/http/strangers.ts';
import { letIn } from './caller.ts';
import type { Failures } from './failures.ts';
import { sessionOf } from './session-cookie.ts';

export interface GuardOptions {
  readonly hosts: () => AllowedHosts;
  readonly identity: Pick<Identity, 'identify' | 'tokens'>;
  readonly failures: Failures;
  /** What the session's cookie is called. */
  readonly cookie: () => string;
  /** The paths that need no token, exactly as they are asked for; every other request needs it. */
  readonly openPaths: ReadonlySet<string>;
  /** Those of them that people come to from other pages, and that change nothing. */
  readonly landings: ReadonlySet<string>;
}

/** What is looked at before anything else is; returns why the request is refused. */
export type Guard = (request: IncomingMessage) => HttpError | undefined;

/**
 * Decides who is let in, and says who that is. What they may do there, each route says.
 *
 * It stands before the router and trusts no reading of the path: what is not literally one of the
 * open paths needs a token, so that no spelling of a path reaches anything without one.
 */
export function createGuard(options: GuardOptions): Guard {
  return (request) => {
    const url = request.url ?? '';
    const queryAt = url.indexOf('?');
    const headers = headersOf(request, options.landings);
    const refused = refuseStranger(headers, options.hosts()) ?? refuseTarget(request);
    if (refused !== undefined) return refused;
    if (queryAt !== -1 && TOKEN_NAMES.test(url.slice(queryAt + 1))) return tokenInUrl();
    const path = queryAt === -1 ? url : url.slice(0, queryAt);
    return options.openPaths.has(path) ? undefined : refuseStray(request, options);
  };
}

/** Of somebody who follows a link, where they followed it does not matter. */
function headersOf(
  { method, url = '', headers }: IncomingMessage,
  landings: ReadonlySet<string>,
): IncomingMessage['headers'] {
  const isLanding = method === 'GET' && landings.has(url.replace(/\?[^]*$/, ''));
  if (!isLanding || headers['sec-fetch-mode'] !== 'navigate') return headers;
  return { ...headers, 'sec-fetch-site': undefined };
}

function refuseTarget({ url }: IncomingMessage): HttpError | undefined {
  if (url?.startsWith('/') === true) return undefined;
  const message = 'Ask for a path that begins with "/"; this server is no proxy.';
  return new HttpError('request.bad_target', message, { status: 400 });
}

const TOKEN_NAMES = /(?:^|[&;])(?:access_?token|api_?key|auth|authorization|bearer|token)=/i;

function tokenInUrl(): HttpError {
  const message = 'URLs end up in logs and histories: send the token as "Authorization: Bearer".';
  return new HttpError('auth.token_in_url', message, { status: 400 });
}

/** Refuses who brings nothing that lets anybody in, and remembers who brings something. */
function refuseStray(
  request: IncomingMessage,
  { identity, failures, cookie }: GuardOptions,
): HttpError | undefined {
  const credential = credentialOf(request, cookie());
  if (credential === undefined) return missingToken();
  const principal = identity.identify(credential);
  if (principal === undefined) return failures.wrong(request, wrongToken(credential));
  if (credential.kind === 'session' && !isOwnPage(request)) return notOurPage();
  identity.tokens.touch(principal.token);
  letIn(request, { principal, credential });
  return undefined;
}

/** What the request brings. With a token, no cookie counts. */
function credentialOf({ headers }: IncomingMessage, cookie: string): Credential | undefined {
  const { authorization } = headers;
  if (authorization === undefined) {
    const session = sessionOf(headers.cookie, cookie);
    return session === undefined ? undefined : { kind: 'session', digest: digestOf(session) };
  }
  const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  return token === undefined ? undefined : { kind: 'token', digest: digestOf(token) };
}

/**
 * A cookie comes by itself with whatever a browser sends here. So where something would change, the
 * browser has to say that it does so for a page of ours: `refuseStranger` has looked at what it
 * says, and here it has to say it.
 */
function isOwnPage({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return headers['sec-fetch-site'] === 'same-origin' || headers.origin !== undefined;
}

function notOurPage(): HttpError {
  const message = 'With a cookie this is heard from our own pages alone; programs send a token.';
  return new HttpError('request.cross_site', message, { status: 403 });
}

function missingToken(): HttpError {
  const message =
    'This needs a token: send it as "Authorization: Bearer TOKEN". ' +
    'For a browser, "signalbox login" prints a link.';
  const headers = { 'www-authenticate': 'Bearer realm="signalbox"' };
  return new HttpError('auth.missing', message, { status: 401, headers });
}

function wrongToken({ kind }: Credential): HttpError {
  const headers = { 'www-authenticate': 'Bearer realm="signalbox", error="invalid_token"' };
  const message =
    kind === 'token'
      ? 'This is no token that lets anybody in, or none any more.'
      : 'This session is over; "signalbox login" prints a link for the next.';
  return new HttpError('auth.wrong', message, { status: 401, headers });
}
