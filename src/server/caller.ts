import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Attribution } from '../events/attribution.ts';
import type { Credential } from '../identity/identity.ts';
import { actorOf, allows, type Principal } from '../identity/principal.ts';
import { rolesWith, type Right } from '../identity/roles.ts';
import { HttpError } from '../std/http/http-error.ts';

/** Who sent a request, and what with. */
export interface Caller {
  readonly principal: Principal;
  readonly credential: Credential;
}

const CALLERS = new WeakMap<IncomingMessage, Caller>();

/** Remembers who sent a request, for its routes. */
export function letIn(request: IncomingMessage, caller: Caller): void {
  CALLERS.set(request, caller);
}

/** Who was let in with the request; undefined for nobody, as on the open paths. */
export function knownCaller(request: IncomingMessage): Caller | undefined {
  return CALLERS.get(request);
}

/** Who sent the request. No route that asks is reached by nobody. */
export function callerOf({ raw }: Pick<FastifyRequest, 'raw'>): Caller {
  const caller = knownCaller(raw);
  if (caller === undefined) throw new Error('a route asked who calls it, and lets anybody in');
  return caller;
}

/** Who sent the request, and which one it is, as the log says it. */
export function attributionOfCaller(request: Pick<FastifyRequest, 'raw' | 'id'>): Attribution {
  return { by: byOf(request), request: request.id };
}

/** Who sent the request, as the log says it. */
export function byOf(request: Pick<FastifyRequest, 'raw'>): string {
  return actorOf(callerOf(request).principal);
}

/** Why whoever sent the request may not do what needs this right; undefined where they may. */
export function refuseRole(
  request: Pick<FastifyRequest, 'raw'>,
  right: Right,
): HttpError | undefined {
  const { principal } = callerOf(request);
  if (allows(principal, right)) return undefined;
  const roles = rolesWith(right).filter((role) => role !== 'run');
  const message = `This is for the roles ${roles.join(', ')}; yours is ${principal.role}.`;
  return new HttpError('auth.forbidden', message, { status: 403 });
}
