import { z } from 'zod';
import type { StepKind } from '../../runs/step-kind.ts';
import type { Json } from '../../std/json.ts';
import { httpShape, requestSchema } from '../http-shape.ts';
import type { Tool, ToolShape } from './tool.ts';

/** What the `http` tool can do: what an `http` step does, with its rules. */
export const httpToolShape: ToolShape = {
  name: 'http',
  summary: 'Sends requests to public hosts, and to those that "security.http_allow" names.',
  aliases: ['tool-http'],
  actions: {
    request: {
      summary: 'Sends one request with the idempotency key of its step, and gives what came back.',
      input: requestSchema,
      output: z.object({
        status: z.int(),
        headers: z.record(z.string(), z.string()),
        body: z.unknown(),
      }),
      effect: 'idempotent',
      risk: 'medium',
    },
  },
};

/** The `http` tool over the kind of step of that name. */
export function httpTool(http: StepKind): Tool {
  return {
    shape: httpToolShape,
    run: (_, context, input) => {
      const long = httpShape.schema.parse({ http: input }) as Json;
      return http.execute({ ...context, input: long });
    },
  };
}
