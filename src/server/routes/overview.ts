import { z } from 'zod';
import { viewGraph } from '../../views/graph-view.ts';
import { readStatus } from '../../views/health-view.ts';
import { readTimers } from '../../views/timer-view.ts';
import { pageLimit, readQuery } from '../query.ts';
import type { Route, RouteContext } from '../route.ts';

const TIMERS_QUERY = z.strictObject({ limit: pageLimit });

/** The routes that show the whole at a glance: how it is, who answers whom, what is due. */
export function overviewRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/status',
      needs: 'read',
      summary: 'Tells whether all parts work, who answers, and what waits.',
      handle: () => readStatus(box),
    },
    {
      method: 'GET',
      path: '/api/v1/health',
      needs: 'read',
      summary: 'Tells how long the daemon is up, and what it has done since.',
      handle: () => box.health(),
    },
    {
      method: 'GET',
      path: '/api/v1/graph',
      needs: 'read',
      summary: 'Draws which source, event and flow leads to which.',
      handle: async () => viewGraph(await box.catalog()),
    },
    {
      method: 'GET',
      path: '/api/v1/timers',
      needs: 'read',
      summary: 'Lists what is due at a time, the earliest first.',
      query: TIMERS_QUERY,
      handle: async (request) => ({
        items: await readTimers(box.store, readQuery(TIMERS_QUERY, request)),
        next: null,
      }),
    },
  ];
}
