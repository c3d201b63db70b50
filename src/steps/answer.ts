import { z } from 'zod';
import type { StepShape } from '../flows/step-shape.ts';
import type { StepContext, StepKind, StepResult } from '../runs/step-kind.ts';
import { filled } from './written-value.ts';

const rendered = z.object({
  answer: filled,
  failed: z.object({ code: z.string(), message: z.string() }).nullish(),
});

/** How what is given is passed on: no file can write such a step. */
const answerShape: StepShape = {
  kind: 'answer',
  keys: [],
  schema: z.strictObject({ answer: z.unknown(), failed: z.unknown() }),
  effect: 'idempotent',
  timeoutMs: 60_000,
};

/**
 * Gives what it is given: the last of the steps that a `prompt` with tools stands for. Where the
 * model could not be asked to the end, that was said before, and is the answer: the step fails so.
 */
export function answerStep(): StepKind {
  const execute = async ({ input }: StepContext): Promise<StepResult> => {
    const { answer, failed } = rendered.parse(input);
    if (failed === null || failed === undefined) return { kind: 'done', output: answer };
    return { kind: 'fail', error: { ...failed, happened: 'maybe' } };
  };
  return { shape: answerShape, contained: true, execute };
}
