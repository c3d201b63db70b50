import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { personOf } from '../../identity/people.ts';
import { actorOf, type Principal } from '../../identity/principal.ts';
import { RIGHTS, may, TOKEN_ROLES } from '../../identity/roles.ts';
import { LINK_MS } from '../../identity/sessions.ts';
import { parseDuration } from '../../std/duration.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { asksForPage, PAGE_TYPE, pageOf } from '../../std/http/page.ts';
import { readBody } from '../body.ts';
import { attributionOfCaller, callerOf } from '../caller.ts';
import { readQuery } from '../query.ts';
import { problemOf } from '../refusal.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';
import { clearCookie, setCookie } from '../session-cookie.ts';

const text = z.string({ error: 'must be a text' });
const CREATE = z.strictObject({
  name: text,
  role: z.enum(TOKEN_ROLES, { error: `must be one of ${TOKEN_ROLES.join(', ')}` }),
  person: text.optional(),
  /** A duration, such as 90d. */
  expires: text.optional(),
});
const LOGIN = z.strictObject({ person: text.optional() });
const NOTHING = z.strictObject({});
const LINK = z.strictObject({ ticket: z.string({ error: 'must be what the link says' }) });

/** The routes about who there is: tokens, links for browsers, and who one is oneself. */
export function identityRoutes(context: RouteContext): Route[] {
  return [...tokenRoutes(context), ...sessionRoutes(context)];
}

function tokenRoutes({ box }: RouteContext): Route[] {
  const { identity } = box;
  return [
    {
      method: 'GET',
      path: '/api/v1/whoami',
      needs: 'identify',
      summary: 'Tells who the token makes you, and what you may do.',
      handle: (request) => viewCaller(callerOf(request).principal),
    },
    {
      method: 'GET',
      path: '/api/v1/tokens',
      needs: 'administer',
      summary: 'Lists the tokens, none of them with what lets anybody in.',
      handle: () => ({ items: identity.tokens.list(), next: null }),
    },
    {
      method: 'POST',
      path: '/api/v1/tokens',
      needs: 'administer',
      body: CREATE,
      summary: 'Makes a token, and tells it this once.',
      status: 201,
      async handle(request) {
        const { expires, ...asked } = readBody(CREATE, request).value;
        const ttlMs = expires === undefined ? undefined : durationOf(expires);
        const made = await identity.create({ ...asked, ttlMs, ...attributionOfCaller(request) });
        if (made.kind === 'refused') throw problemOf(made);
        return { ...made.view, token: made.secret };
      },
    },
    {
      method: 'POST',
      path: '/api/v1/tokens/:id/revoke',
      needs: 'administer',
      body: NOTHING,
      summary: 'Takes a token back, by its id or its name; what is open with it is cut.',
      async handle(request) {
        readBody(NOTHING, request);
        const revoked = await identity.revoke(idOf(request), attributionOfCaller(request));
        if (revoked.kind === 'refused') throw problemOf(revoked);
        return revoked.view;
      },
    },
  ];
}

const SIGNED_OUT =
  '<p>This browser is let in no more. <code>signalbox login</code> prints another link.</p>';

function sessionRoutes(context: RouteContext): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/login-links',
      needs: 'read',
      body: LOGIN,
      summary: 'Makes a link that signs a browser in once, within a minute.',
      status: 201,
      handle: (request) => offerLink(context, request),
    },
    {
      method: 'GET',
      path: '/login',
      needs: 'nothing',
      summary: 'Opens a session for the browser that follows a link, and leads to the front page.',
      query: LINK,
      once: true,
      handle: (request, reply) => openSession(context, request, reply),
    },
    {
      method: 'POST',
      path: '/logout',
      needs: 'identify',
      body: NOTHING,
      summary: 'Ends the session of the browser.',
      handle(request, reply) {
        closeSession(context, request);
        reply.header('set-cookie', clearCookie(context.cookie()));
        if (!asksForPage(request.raw)) return { ended: true };
        reply.type(PAGE_TYPE);
        return pageOf('Signed out', [SIGNED_OUT]);
      },
    },
  ];
}

function viewCaller(principal: Principal): object {
  const { name, role, token, person = null } = principal;
  const rights = RIGHTS.filter((right) => may(role, right));
  return { name, role, token, person, actor: actorOf(principal), rights };
}

function offerLink({ box, clock }: RouteContext, request: FastifyRequest): object {
  const { person } = readBody(LOGIN, request).value;
  const { principal, credential } = callerOf(request);
  // Else whoever has stolen a session would never have to give it back.
  if (credential.kind === 'session') throw needsToken();
  const { identity } = box;
  if (person !== undefined && person !== principal.person) {
    if (principal.role !== 'admin')
      throw forbidden('A link for somebody else is made by an admin.');
    if (personOf(identity.people, person) === undefined) throw unknownPerson(person);
  }
  const ticket = identity.sessions.offer({ token: principal.token, person });
  return { ticket, expires: new Date(clock.now() + LINK_MS).toISOString() };
}

function openSession(
  { box, failures, cookie }: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
): string {
  const { ticket } = readQuery(LINK, request);
  // What only fetches ahead would use up the link of whoever is about to follow it.
  const purpose = request.headers['sec-purpose'] ?? request.headers['purpose'] ?? '';
  if (/prefetch|preview/i.test(String(purpose))) throw notAhead();
  const opened = box.identity.openSession(ticket, request.id);
  if (opened === undefined) throw failures.wrong(request.raw, spentLink());
  reply.code(303).header('set-cookie', setCookie(opened, cookie())).header('location', '/');
  return '';
}

function closeSession({ box }: RouteContext, request: FastifyRequest): void {
  readBody(NOTHING, request);
  const { credential } = callerOf(request);
  if (credential.kind !== 'session') throw noSession();
  box.identity.closeSession(credential, attributionOfCaller(request));
}

function durationOf(expires: string): number {
  const ms = parseDuration(expires);
  if (ms !== undefined) return ms;
  const message = `"expires": "${expires}" is no duration, such as 12h or 90d.`;
  throw new HttpError('request.bad_body', message, { status: 400 });
}

function forbidden(message: string): HttpError {
  return new HttpError('auth.forbidden', message, { status: 403 });
}

function needsToken(): HttpError {
  const message = 'A link is made with a token, and not with a session.';
  return new HttpError('auth.needs_token', message, { status: 403 });
}

function noSession(): HttpError {
  const message = 'A token has no session that could end; revoke it instead.';
  return new HttpError('auth.no_session', message, { status: 400 });
}

function unknownPerson(person: string): HttpError {
  const message = `There is no person "${person}" under "people" in the configuration.`;
  return new HttpError('token.invalid', message, { status: 400 });
}

function spentLink(): HttpError {
  const message = 'This link was used, or its minute is over; "signalbox login" prints another.';
  return new HttpError('auth.wrong', message, { status: 401 });
}

function notAhead(): HttpError {
  const message = 'This link is followed, and not fetched ahead.';
  return new HttpError('request.prefetch', message, { status: 403 });
}
