import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { SignalboxError } from '../../std/errors.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { readBody } from '../body.ts';
import { attributionOfCaller } from '../caller.ts';
import { refuseFullDisk } from '../refusal.ts';
import type { Route, RouteContext } from '../route.ts';

const text = z.string({ error: 'must be a text' });
const RESTART = z.strictObject({ source: text, reason: text.optional() });
const LIMIT = z.strictObject({
  flow: text,
  /** Null is what the files say. */
  limit: z.int({ error: 'must be a whole number, or null' }).nullable(),
  reason: text.optional(),
});

/** The routes by which people do to the daemon's own work what flows may do too. */
export function upkeepRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/sources/restart',
      needs: 'operate',
      summary: 'Closes "source" and opens it anew; answers how it does.',
      body: RESTART,
      async handle(request) {
        const { source, reason } = readBody(RESTART, request).value;
        const decision = decisionOf(request, reason);
        const name = await box.deeds.restartSource(source, decision).catch(refuse);
        return box.sources().find((view) => view.name === name) ?? null;
      },
    },
    {
      method: 'POST',
      path: '/api/v1/limit',
      needs: 'operate',
      summary: 'Has at most "limit" runs of "flow" under way at once; null is what the files say.',
      body: LIMIT,
      async handle(request) {
        const { flow, limit, reason } = readBody(LIMIT, request).value;
        const decision = decisionOf(request, reason);
        return { changed: await box.deeds.limit(flow, limit, decision).catch(refuse) };
      },
    },
  ];
}

const NO_CAUSE = { correlation: null, causation: null, hops: 0 };

function decisionOf(
  request: FastifyRequest,
  reason: string | undefined,
): Parameters<RouteContext['box']['deeds']['limit']>[2] {
  return { ...attributionOfCaller(request), reason: reason ?? null, cause: NO_CAUSE };
}

function refuse(error: unknown): never {
  if (!(error instanceof SignalboxError)) throw error;
  const { code, message, cause } = error;
  if (code === 'repair.invalid') throw new HttpError(code, message, { status: 400, cause });
  if (code.endsWith('.unknown')) throw new HttpError(code, message, { status: 404, cause });
  refuseFullDisk(error);
}
