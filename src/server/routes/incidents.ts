import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { HttpError } from '../../std/http/http-error.ts';
import { findIncident, type IncidentDetail, readIncidents } from '../../views/incident-view.ts';
import { seqOf } from '../../views/log-reader.ts';
import { readBody } from '../body.ts';
import { attributionOfCaller } from '../caller.ts';
import { pageLimit, readQuery } from '../query.ts';
import { problemOf } from '../refusal.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';

const QUERY = z.strictObject({
  state: z.enum(['open', 'acknowledged', 'resolved', 'false_alarm']).optional(),
  after: z.string().optional(),
  limit: pageLimit,
});
const ONE = z.strictObject({});
const WORD = z.strictObject({
  reason: z.string({ error: 'must be a text' }).max(2_000).optional(),
});

/** What a person says about an incident, and what that does. */
const VERBS = {
  ack: 'Says that somebody takes care of an incident; nothing about it is repeated any more.',
  resolve: 'Says that an incident is over.',
  'false-alarm': 'Says that an incident was none; it counts as a false alarm.',
} as const;

/** The routes about incidents: to look at them, and to say what became of them. */
export function incidentRoutes(context: RouteContext): Route[] {
  const { store } = context.box;
  return [
    {
      method: 'GET',
      path: '/api/v1/incidents',
      needs: 'read',
      summary: 'Lists incidents, newest first.',
      query: QUERY,
      handle: (request) => readIncidents(store, readQuery(QUERY, request)),
    },
    {
      method: 'GET',
      path: '/api/v1/incidents/:id',
      needs: 'read',
      summary: 'Shows an incident with all that happened to it.',
      query: ONE,
      async handle(request) {
        readQuery(ONE, request);
        return (await findIncident(store, idOf(request))) ?? refuseIncident(idOf(request));
      },
    },
    ...(['ack', 'resolve', 'false-alarm'] as const).map((verb) => wordRoute(context, verb)),
  ];
}

function wordRoute({ box }: RouteContext, verb: keyof typeof VERBS): Route {
  return {
    method: 'POST',
    path: `/api/v1/incidents/:id/${verb}`,
    needs: 'operate',
    summary: VERBS[verb],
    body: WORD,
    async handle(request: FastifyRequest): Promise<IncidentDetail> {
      const id = idOf(request);
      const seq = seqOf(box.store.identity, id) ?? refuseIncident(id);
      const { reason: note = null } = readBody(WORD, request).value;
      const taken = await box.incidents.say(seq, { verb, ...attributionOfCaller(request), note });
      if (taken.kind === 'refused') throw problemOf(taken);
      return (await findIncident(box.store, id)) ?? refuseIncident(id);
    },
  };
}

function refuseIncident(id: string): never {
  const message = `There is no incident "${id}". List them with: signalbox incidents`;
  throw new HttpError('incident.unknown', message, { status: 404 });
}
