import { z } from 'zod';
import { HttpError } from '../../std/http/http-error.ts';
import { SignalboxError } from '../../std/errors.ts';
import { memberText } from '../../std/raw-json.ts';
import { previewStart } from '../../views/start-preview.ts';
import { readBody } from '../body.ts';
import type { Route, RouteContext } from '../route.ts';

const START = z.strictObject({
  flow: z.string({ error: 'must name a flow' }),
  data: z.unknown().optional(),
  interactive: z.boolean({ error: 'must be true or false' }).optional(),
});

const STATUSES: Readonly<Record<string, number>> = { 'flow.unknown': 404, 'event.invalid': 400 };

/** The route that says what a start by hand would do; it records nothing and calls nothing. */
export function previewStartRoute({ box, clock }: RouteContext): Route {
  return {
    method: 'POST',
    path: '/api/v1/runs/preview',
    needs: 'read',
    summary: 'Shows the steps of a flow or a choreography as they would run, and does nothing.',
    body: START,
    async handle(request) {
      const { value, text } = readBody(START, request);
      const { flow, interactive } = value;
      const start = { flow, interactive, data: memberText(text, 'data') ?? 'null' };
      const { judges } = box.judging;
      const { secrets } = box.configuration;
      const parts = { catalog: await box.catalog(), judging: judges, secrets, now: clock.now() };
      return previewStart(parts, start).catch(refuse);
    },
  };
}

function refuse(error: unknown): never {
  if (!(error instanceof SignalboxError)) throw error;
  const status = STATUSES[error.code];
  if (status === undefined) throw error;
  throw new HttpError(error.code, error.message, { status, cause: error });
}
