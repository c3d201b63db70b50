import { z } from 'zod';
import { SignalboxError } from '../../std/errors.ts';
import { readBody } from '../body.ts';
import { HttpError, retryAfter } from '../../std/http/http-error.ts';
import { ACTOR, type Route, type RouteContext } from '../route.ts';

/** Characters of a reason. */
const REASON_LENGTH_MAX = 1_000;
/** When to come again after the disk was full. */
const FULL_RETRY_MS = 5_000;

const PAUSE = z.strictObject({
  flow: z.string({ error: 'must be a text' }).optional(),
  reason: z.string({ error: 'must be a text' }).max(REASON_LENGTH_MAX).optional(),
});
const RESUME = PAUSE.pick({ flow: true });

/** The routes that hold runs back, and let them go on. */
export function pauseRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/pause',
      needs: 'token',
      summary: 'Begins no run of "flow", or of any, until it is resumed.',
      async handle(request) {
        const { flow, reason } = readBody(PAUSE, request).value;
        const changed = await box.pause(flow, { by: ACTOR, reason }).catch(refuse);
        return { changed, paused: box.status().paused };
      },
    },
    {
      method: 'POST',
      path: '/api/v1/resume',
      needs: 'token',
      summary: 'Ends the pause of "flow", or the one of all flows.',
      async handle(request) {
        const { flow } = readBody(RESUME, request).value;
        const changed = await box.resume(flow, { by: ACTOR }).catch(refuse);
        return { changed, paused: box.status().paused };
      },
    },
  ];
}

function refuse(error: unknown): never {
  if (!(error instanceof SignalboxError)) throw error;
  const { code, message, cause } = error;
  if (code === 'flow.unknown') throw new HttpError(code, message, { status: 404, cause });
  if (code !== 'data.unusable') throw error;
  const headers = retryAfter(FULL_RETRY_MS);
  throw new HttpError('store.full', message, { status: 507, headers, cause });
}
