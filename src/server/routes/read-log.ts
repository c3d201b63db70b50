import { SHOWN_STATES } from '../../views/shown-state.ts';
import { z } from 'zod';
import { findEvent, readEvents } from '../../views/event-page.ts';
import { findRun, readRuns } from '../../views/run-page.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { waitForRouter } from '../min-seq.ts';
import { flag, pageLimit, readQuery, seq, typePattern } from '../query.ts';
import { refuseUnknown } from '../refusal.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';

const EVENTS_QUERY = z.strictObject({
  after: seq.optional(),
  before: seq.optional(),
  type: typePattern.optional(),
  newest: flag.optional(),
  limit: pageLimit,
  min_seq: seq.optional(),
});

const RUNS_QUERY = z.strictObject({
  state: z.enum(SHOWN_STATES).optional(),
  flow: z.string().optional(),
  correlation: z.string().optional(),
  before: z.string().optional(),
  limit: pageLimit,
  min_seq: seq.optional(),
});

const ONE_QUERY = z.strictObject({ min_seq: seq.optional() });

/** The routes that list events and runs, and show one. */
export function readLogRoutes(context: RouteContext): Route[] {
  const { box } = context;
  return [
    {
      method: 'GET',
      path: '/api/v1/events',
      needs: 'read',
      summary: 'Lists events with what became of each, oldest or newest first.',
      query: EVENTS_QUERY,
      async handle(request) {
        const { min_seq, ...query } = readQuery(EVENTS_QUERY, request);
        await waitForRouter(context, min_seq);
        return readEvents(box, query);
      },
    },
    {
      method: 'GET',
      path: '/api/v1/events/:id',
      needs: 'read',
      summary: 'Shows an event, what became of it, and its way stage by stage.',
      query: ONE_QUERY,
      async handle(request) {
        await waitForRouter(context, readQuery(ONE_QUERY, request).min_seq);
        const id = idOf(request);
        return (await findEvent(box, id)) ?? unknownId('event', id);
      },
    },
    {
      method: 'GET',
      path: '/api/v1/runs',
      needs: 'read',
      summary: 'Lists runs with their steps, newest first.',
      query: RUNS_QUERY,
      async handle(request) {
        const { min_seq, ...query } = readQuery(RUNS_QUERY, request);
        await waitForRouter(context, min_seq);
        return readRuns(box, query).catch(refuseUnknown);
      },
    },
    {
      method: 'GET',
      path: '/api/v1/runs/:id',
      needs: 'read',
      summary: 'Shows a run with its steps.',
      query: ONE_QUERY,
      async handle(request) {
        await waitForRouter(context, readQuery(ONE_QUERY, request).min_seq);
        const id = idOf(request);
        return (await findRun(box, id)) ?? unknownId('run', id);
      },
    },
  ];
}

function unknownId(what: 'event' | 'run', id: string): never {
  const code = what === 'event' ? 'event.unknown' : 'run.unknown';
  throw new HttpError(code, `There is no ${what} with the id "${id}".`, { status: 404 });
}
