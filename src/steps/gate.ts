import { z } from 'zod';
import { gateSchema } from '../flows/parse/gate.ts';
import type { StepShape } from '../flows/step-shape.ts';
import type { StepKind } from '../runs/step-kind.ts';
import { isObject, type Json } from '../std/json.ts';

const TIMEOUT_MS = 10_000;
/** What stands in a proposal whose gate says nothing. */
const NOTHING_SAID = '';

/** How a gate is written that is a step of its own. What it is given is its text. */
export const gateShape: StepShape = {
  kind: 'gate',
  keys: [],
  schema: z
    .strictObject({ gate: z.preprocess((written) => written ?? {}, gateSchema) })
    .transform(({ gate }) => ({ proposal: gate.proposal ?? NOTHING_SAID })),
  effect: 'idempotent',
  timeoutMs: TIMEOUT_MS,
};

/** Does nothing but to hand on the text that was approved: who says yes is asked before it. */
export function gateStep(): StepKind {
  return {
    shape: gateShape,
    contained: true,
    inputKeys: ['proposal'],
    propose: async ({ input }) => ({
      content: { kind: 'plan', text: textOf(input) },
      files: [],
      unbound: [],
    }),
    execute: async ({ input }) => ({ kind: 'done', output: textOf(input) }),
  };
}

function textOf(input: Json): string {
  const text = isObject(input) ? input['proposal'] : undefined;
  return typeof text === 'string' ? text : JSON.stringify(text ?? NOTHING_SAID);
}
