import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Delegation } from '../../gates/delegations.ts';
import { parseDuration } from '../../std/duration.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { readBody } from '../body.ts';
import { attributionOfCaller, callerOf } from '../caller.ts';
import { refuseFullDisk } from '../refusal.ts';
import type { Route, RouteContext } from '../route.ts';

const text = z.string({ error: 'must be a text' });
const MAKE = z.strictObject({
  /** Who decides; null ends what was said before. */
  to: text.nullable(),
  /** For how long: a duration, such as 2d. */
  until: text.optional(),
  /** For whom; yourself where it is left out. */
  from: text.optional(),
});

/** The routes about who decides for whom. */
export function delegationRoutes({ box }: RouteContext): Route[] {
  const { delegations } = box.judging;
  const list = (): object => ({ items: delegations.all.map(viewDelegation), next: null });
  return [
    {
      method: 'GET',
      path: '/api/v1/delegations',
      needs: 'read',
      summary: 'Lists who decides for whom, and until when.',
      handle: list,
    },
    {
      method: 'POST',
      path: '/api/v1/delegations',
      needs: 'decide',
      summary: 'Has somebody decide for you, or for "from", until then; "to": null ends it.',
      body: MAKE,
      async handle(request) {
        const { to, until = '', from: named } = readBody(MAKE, request).value;
        const from = fromOf(request, named);
        const by = attributionOfCaller(request);
        if (to === null) await delegations.end(from, by).catch(refuseFullDisk);
        else {
          const problem = await delegations
            .make({ from, to, ...by }, durationOf(until))
            .catch(refuseFullDisk);
          if (problem !== undefined) throw invalid(problem);
        }
        return list();
      },
    },
  ];
}

function viewDelegation({ until, ...delegation }: Delegation): object {
  return { ...delegation, until: new Date(until).toISOString() };
}

/** For whom: one's own person, or anybody's where an admin says so. */
function fromOf(request: FastifyRequest, named: string | undefined): string {
  const { person, role } = callerOf(request).principal;
  const from = named ?? person;
  if (from === undefined) {
    const message = 'Your token is no person\'s: name one by "from".';
    throw invalid(message);
  }
  if (from === person || role === 'admin') return from;
  const message = 'Who decides for somebody else is said by an admin.';
  throw new HttpError('auth.forbidden', message, { status: 403 });
}

function durationOf(written: string): number {
  const ms = parseDuration(written);
  if (ms !== undefined) return ms;
  const message = `"until": "${written}" is no duration, such as 8h or 2d.`;
  throw new HttpError('request.bad_body', message, { status: 400 });
}

function invalid(message: string): HttpError {
  return new HttpError('delegation.invalid', message, { status: 400 });
}
