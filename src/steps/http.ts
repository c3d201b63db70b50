import type { Proposed } from '../gates/content.ts';
import type { ProposedCall, StepContext, StepKind, StepResult } from '../runs/step-kind.ts';
import type { HttpClient } from './http-client.ts';
import { HttpPools } from './http-pools.ts';
import { proposeHttp, readHttpInput } from './http-input.ts';
import { resultOf } from './http-result.ts';
import { httpShape } from './http-shape.ts';
import { withInput } from './written-value.ts';

/**
 * Sends a request with the step's idempotency key, and gives what came back as
 * `{ status, headers, body }`. A host that has asked us to stay away is not asked before its time.
 */
export function httpStep(client: HttpClient, pools = new HttpPools()): StepKind {
  const execute = (context: StepContext): Promise<StepResult> =>
    withInput(context, readHttpInput, async (request) => {
      const { now } = context;
      const parked = pools.parked(request.url, now);
      if (parked !== undefined) return parked;
      const outcome = await client.request(request);
      const result = await resultOf(outcome, request, now);
      pools.note(outcome, result, now);
      return result;
    });
  const propose = async (call: ProposedCall): Promise<Proposed> => proposeHttp(call);
  return { shape: httpShape, contained: true, propose, execute };
}
