// @ts-check
import { z } from 'zod';

/** @import {StepContext} from './engine.mjs' */

/**
 * The trivial function that every subject runs as its handler: it takes its payload and answers
 * with a number.
 *
 * @param {(context: StepContext) => void} onStep
 * @returns {import('../../src/runs/step-kind.ts').StepKind}
 */
export function noopStep(onStep) {
  return {
    shape: {
      kind: 'noop',
      keys: [],
      schema: z.object({ noop: z.unknown() }),
      effect: 'idempotent',
      timeoutMs: 30_000,
    },
    execute(context) {
      onStep(context);
      return Promise.resolve({ kind: 'done', output: 1 });
    },
  };
}
