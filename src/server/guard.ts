import type { IncomingMessage } from 'node:http';
import type { AllowedHosts } from '../std/http/allowed-hosts.ts';
import { HttpError, retryAfter } from '../std/http/http-error.ts';
import { refuseStranger } from '../std/http/strangers.ts';
import type { TokenCheck } from './token-check.ts';
import type { WrongTokens } from './wrong-tokens.ts';

export interface GuardOptions {
  readonly hosts: () => AllowedHosts;
  readonly isToken: TokenCheck;
  readonly wrongTokens: WrongTokens;
  /** The paths that need no token, exactly as they are asked for; every other request needs it. */
  readonly openPaths: ReadonlySet<string>;
}

/** What is looked at before anything else is; returns why the request is refused. */
export type Guard = (request: IncomingMessage) => HttpError | undefined;

/**
 * Decides who is let in.
 *
 * It stands before the router and trusts no reading of the path: what is not literally one of the
 * open paths needs the token, so that no spelling of a path reaches anything without it.
 */
export function createGuard({ hosts, isToken, wrongTokens, openPaths }: GuardOptions): Guard {
  return (request) => {
    const refused = refuseStranger(request.headers, hosts()) ?? refuseTarget(request);
    if (refused !== undefined) return refused;
    const url = request.url ?? '';
    const queryAt = url.indexOf('?');
    if (queryAt !== -1 && TOKEN_NAMES.test(url.slice(queryAt + 1))) return tokenInUrl();
    const path = queryAt === -1 ? url : url.slice(0, queryAt);
    return openPaths.has(path) ? undefined : refuseWrongToken(request, isToken, wrongTokens);
  };
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

function refuseWrongToken(
  { headers, socket }: IncomingMessage,
  isToken: TokenCheck,
  wrongTokens: WrongTokens,
): HttpError | undefined {
  const token = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) return missingToken();
  if (isToken(token)) return undefined;
  const waitMs = wrongTokens.note(socket.remoteAddress ?? '');
  return waitMs > 0 ? tooManyTries(waitMs) : wrongToken();
}

function missingToken(): HttpError {
  const message = 'This needs a token: send it as "Authorization: Bearer TOKEN".';
  const headers = { 'www-authenticate': 'Bearer realm="signalbox"' };
  return new HttpError('auth.missing', message, { status: 401, headers });
}

function wrongToken(): HttpError {
  const headers = { 'www-authenticate': 'Bearer realm="signalbox", error="invalid_token"' };
  return new HttpError('auth.wrong', 'This is not the token.', { status: 401, headers });
}

function tooManyTries(waitMs: number): HttpError {
  const message = 'Too many wrong tokens came from this address; wait before the next.';
  return new HttpError('auth.throttled', message, { status: 429, headers: retryAfter(waitMs) });
}
