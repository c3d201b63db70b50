import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { SignalboxError } from '../../std/errors.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { readUncertainEffects } from '../../views/effects.ts';
import { readHistory } from '../../views/history.ts';
import { previewSaga } from '../../views/saga-view.ts';
import { explainWhy } from '../../views/why.ts';
import { explainWhyNot } from '../../views/why-not.ts';
import { waitForRouter } from '../min-seq.ts';
import { pageLimit, readQuery, seq, wholeNumber } from '../query.ts';
import { refuseUnknown } from '../refusal.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';

const WHY_QUERY = z.strictObject({ min_seq: seq.optional() });
const WHY_NOT_QUERY = z.strictObject({
  flow: z.string({ error: 'must name a flow' }),
  min_seq: seq.optional(),
});
const HISTORY_QUERY = z.strictObject({ limit: pageLimit, before: seq.optional() });
const EFFECTS_QUERY = z.strictObject({
  uncertain: z.literal('true', { error: 'must be true: no other effects are listed' }),
  /** Milliseconds since 1970. */
  since: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  limit: pageLimit,
  before: seq.optional(),
});

/** The routes that explain what happened, and what did not. */
export function answerRoutes(context: RouteContext): Route[] {
  return [...whyRoutes(context), ...listRoutes(context)];
}

function whyRoutes(context: RouteContext): Route[] {
  const { box } = context;
  const why = async (request: FastifyRequest): Promise<unknown> => {
    await waitForRouter(context, readQuery(WHY_QUERY, request).min_seq);
    return explainWhy(box, idOf(request)).catch(refuseUnknown);
  };
  const summary = 'causes, link by link, and why it stands where it stands.';
  const route = { method: 'GET', needs: 'read', query: WHY_QUERY, handle: why } as const;
  return [
    { ...route, path: '/api/v1/runs/:id/why', summary: `Tells a run's ${summary}` },
    { ...route, path: '/api/v1/events/:id/why', summary: `Tells an event's ${summary}` },
    {
      method: 'GET',
      path: '/api/v1/runs/:id/saga',
      needs: 'read',
      summary: 'Tells what would be undone if the run were cancelled now, and what would not.',
      handle: (request) => previewSaga(box, idOf(request)).catch(refuseUnreadable),
    },
    {
      method: 'GET',
      path: '/api/v1/events/:id/why-not',
      needs: 'read',
      summary: 'Tells which rule kept an event from starting a flow, and what it saw.',
      query: WHY_NOT_QUERY,
      async handle(request) {
        const { flow, min_seq } = readQuery(WHY_NOT_QUERY, request);
        await waitForRouter(context, min_seq);
        return explainWhyNot(box, idOf(request), flow).catch(refuseUnknown);
      },
    },
  ];
}

function listRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/history',
      needs: 'read',
      summary: 'Lists events, newest first, with what became of each and why.',
      query: HISTORY_QUERY,
      handle: (request) => readHistory(box, readQuery(HISTORY_QUERY, request)),
    },
    {
      method: 'GET',
      path: '/api/v1/effects',
      needs: 'read',
      summary: 'Lists the steps that may have happened twice, or of which nobody knows.',
      query: EFFECTS_QUERY,
      handle(request) {
        const { limit, since, before } = readQuery(EFFECTS_QUERY, request);
        return readUncertainEffects(box, { limit, since, before });
      },
    },
  ];
}

function refuseUnreadable(error: unknown): never {
  if (!(error instanceof SignalboxError) || error.code !== 'run.unreadable') refuseUnknown(error);
  throw new HttpError(error.code, error.message, { status: 409, cause: error });
}
