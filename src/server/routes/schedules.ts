import { z } from 'zod';
import { readSchedules } from '../../views/schedule-view.ts';
import { readQuery, wholeNumber } from '../query.ts';
import type { Route, RouteContext } from '../route.ts';

/** How many of its next times a schedule may be asked for, and tells where that is not said. */
const NEXT_MAX = 100;
const NEXT = 10;

const query = z.strictObject({ next: wholeNumber(1, NEXT_MAX).default(NEXT) });

/** The routes about what comes at its time. */
export function scheduleRoutes({ box, clock }: RouteContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/schedules',
      needs: 'read',
      summary: 'Lists the schedules in force with their next times, the last and those missed.',
      query,
      handle: async (request) => {
        const { next: count } = readQuery(query, request);
        return { items: await readSchedules(box, { now: clock.now(), count }), next: null };
      },
    },
  ];
}
