import { z } from 'zod';
import { SignalboxError } from '../../std/errors.ts';
import { readBody } from '../body.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { refuseFullDisk } from '../refusal.ts';
import { attributionOfCaller } from '../caller.ts';
import type { Route, RouteContext } from '../route.ts';

const PAUSE = z.strictObject({
  flow: z.string({ error: 'must be a text' }).optional(),
  reason: z.string({ error: 'must be a text' }).optional(),
  now: z.boolean({ error: 'must be true or false' }).optional(),
});
const RESUME = PAUSE.pick({ flow: true });

/** The routes that hold runs back, and let them go on. */
export function pauseRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/pause',
      needs: 'operate',
      summary:
        'Begins no run of "flow", or of any, until it is resumed; "now" stops those under way too.',
      body: PAUSE,
      async handle(request) {
        const { flow, ...why } = readBody(PAUSE, request).value;
        const changed = await box
          .pause(flow, { ...attributionOfCaller(request), ...why })
          .catch(refuse);
        return { changed, paused: box.status().paused };
      },
    },
    {
      method: 'POST',
      path: '/api/v1/resume',
      needs: 'operate',
      summary: 'Ends the pause of "flow", or the one of all flows.',
      body: RESUME,
      async handle(request) {
        const { flow } = readBody(RESUME, request).value;
        const changed = await box.resume(flow, { ...attributionOfCaller(request) }).catch(refuse);
        return { changed, paused: box.status().paused };
      },
    },
  ];
}

function refuse(error: unknown): never {
  if (!(error instanceof SignalboxError)) throw error;
  const { code, message, cause } = error;
  if (code === 'repair.invalid') throw new HttpError(code, message, { status: 400, cause });
  if (code === 'flow.unknown') throw new HttpError(code, message, { status: 404, cause });
  refuseFullDisk(error);
}
