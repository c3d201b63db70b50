import type { StepContext, StepKind, StepResult } from '../runs/step-kind.ts';
import type { HttpClient } from './http-client.ts';
import { readHttpInput } from './http-input.ts';
import { resultOf } from './http-result.ts';
import { httpShape } from './http-shape.ts';
import { withInput } from './written-value.ts';

/**
 * Sends a request with the step's idempotency key, and gives what came back as
 * `{ status, headers, body }`.
 */
export function httpStep(client: HttpClient): StepKind {
  const execute = (context: StepContext): Promise<StepResult> =>
    withInput(context, readHttpInput, async (request) =>
      resultOf(await client.request(request), request, context.now),
    );
  return { shape: httpShape, contained: true, execute };
}
