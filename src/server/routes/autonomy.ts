import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { autonomySchema } from '../../flows/parse/autonomy.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { SignalboxError } from '../../std/errors.ts';
import { readBody } from '../body.ts';
import { attributionOfCaller, refuseRole } from '../caller.ts';
import { refuseFullDisk } from '../refusal.ts';
import type { Route, RouteContext } from '../route.ts';

const text = z.string({ error: 'must be a text' });
const CHANGE = z.strictObject({
  /** Null takes back what was set. */
  level: autonomySchema.nullable(),
  flow: text.optional(),
  reason: text.optional(),
});

/** The routes about how much happens without a person. */
export function autonomyRoutes({ box }: RouteContext): Route[] {
  const { autonomy } = box;
  return [
    {
      method: 'GET',
      path: '/api/v1/autonomy',
      needs: 'read',
      summary: 'Tells how much happens without a person, for each flow.',
      handle: () => autonomy.view(),
    },
    {
      method: 'POST',
      path: '/api/v1/autonomy',
      needs: 'operate',
      summary: 'Sets the level of "flow", or of all; a higher one is for who may decide.',
      body: CHANGE,
      async handle(request) {
        const { level, flow, reason } = readBody(CHANGE, request).value;
        const what = { level: level ?? undefined, flow, reason };
        const forbidden = await refuseRaising(request, autonomy.raises(what));
        if (forbidden !== undefined) throw forbidden;
        const changed = await autonomy
          .set({ ...what, ...attributionOfCaller(request) })
          .catch(refuse);
        return { changed, ...(await autonomy.view()) };
      },
    },
  ];
}

async function refuseRaising(
  request: FastifyRequest,
  raises: Promise<boolean>,
): Promise<HttpError | undefined> {
  return (await raises) ? refuseRole(request, 'decide') : undefined;
}

function refuse(error: unknown): never {
  if (!(error instanceof SignalboxError)) throw error;
  const { code, message, cause } = error;
  if (code === 'autonomy.invalid') throw new HttpError(code, message, { status: 400, cause });
  if (code === 'flow.unknown') throw new HttpError(code, message, { status: 404, cause });
  refuseFullDisk(error);
}
