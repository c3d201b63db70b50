import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Signalbox } from '../../signalbox.ts';
import { memberText } from '../../std/raw-json.ts';
import { readBody } from '../body.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { refusalOf } from '../../sources/refusal.ts';
import { attributionOfCaller } from '../caller.ts';
import type { Route, RouteContext } from '../route.ts';

const START = z.strictObject({
  flow: z.string({ error: 'must name a flow' }),
  data: z.unknown().optional(),
  interactive: z.boolean({ error: 'must be true or false' }).optional(),
});

/** The route that starts a flow by its name; it answers when the start is durable. */
export function startFlowRoute({ box }: RouteContext): Route {
  return {
    method: 'POST',
    path: '/api/v1/runs',
    needs: 'operate',
    summary: 'Starts a flow or a choreography by its name, and answers with the event that does.',
    status: 202,
    body: START,
    handle: (request) => startFlow(box, request),
  };
}

async function startFlow(
  box: Signalbox,
  request: FastifyRequest,
): Promise<{ readonly event: string; readonly seq: number }> {
  const { value, text } = readBody(START, request);
  const data = memberText(text, 'data') ?? 'null';
  const { flow, interactive } = value;
  const result = await box.trigger({ flow, data, ...attributionOfCaller(request), interactive });
  if (result.kind === 'unknown') {
    throw new HttpError('flow.unknown', result.message, { status: 404 });
  }
  if (result.kind !== 'accepted') throw refusalOf(result);
  return { event: result.id, seq: result.seq };
}
