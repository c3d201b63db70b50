import { z } from 'zod';
import type { StepShape } from '../flows/step-shape.ts';
import { messageOf } from '../std/errors.ts';

const TIMEOUT_MS = 5 * 60_000;
const TOKENS_MAX = 10_000_000;
const TOOLS_MAX = 32;
/** How often a model is asked within one step: the last time, it can only answer. */
const ROUNDS_MAX = 16;

const tokens = z.int().min(1).max(TOKENS_MAX);

const schema = z.record(z.string(), z.unknown()).superRefine((written, context) => {
  const message = schemaProblem(written);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** What all attempts at a step may cost together. */
const budget = z
  .strictObject({ tokens: tokens.optional(), money: z.number().positive().optional() })
  .refine((caps) => Object.keys(caps).length > 0, 'needs "tokens", "money" or both');

/** How a `prompt` step is written. */
export const promptShape: StepShape = {
  kind: 'prompt',
  keys: ['model', 'system', 'schema', 'max_tokens', 'temperature', 'budget', 'tools', 'rounds'],
  schema: z
    .strictObject({
      prompt: z.string().min(1, 'it is empty; write what the model is asked'),
      model: z.string().min(1, 'it is empty; name a model').optional(),
      system: z.string().optional(),
      schema: schema.optional(),
      max_tokens: tokens.optional(),
      temperature: z.number().min(0).max(2).optional(),
      budget: budget.optional(),
      tools: z
        .array(z.string().min(1, 'it is empty; name a tool'))
        .min(1, 'it is empty; name a tool, or leave it out')
        .max(TOOLS_MAX)
        .optional(),
      rounds: z.int().min(1).max(ROUNDS_MAX).optional(),
    })
    .refine(({ tools, rounds }) => rounds === undefined || tools !== undefined, {
      path: ['rounds'],
      message: 'it bounds the use of "tools", and there are none',
    }),
  effect: 'idempotent',
  timeoutMs: TIMEOUT_MS,
  // Nobody who sends an event chooses who is asked, or by what the answer is judged.
  literal: () => ['model', 'schema', 'tools'],
  usualNames: () => ['summary', 'answer'],
};

/** What an answer is checked by. Throws where it is no JSON Schema that can be checked. */
export function checkerOf(written: { readonly [key: string]: unknown }): z.ZodType {
  return z.fromJSONSchema(written);
}

function schemaProblem(written: { readonly [key: string]: unknown }): string | undefined {
  if (written['type'] !== 'object') {
    return 'the answer is an object; write "type: object" with its "properties"';
  }
  try {
    checkerOf(written);
    return undefined;
  } catch (error) {
    return `it is no JSON Schema that answers can be checked by: ${messageOf(error)}`;
  }
}
