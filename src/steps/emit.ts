import { z } from 'zod';
import { draftProblem } from '../events/event.ts';
import type { StepShape } from '../flows/step-shape.ts';
import type { Emission, StepContext, StepKind } from '../runs/step-kind.ts';
import { filled, inputInvalid, isFixed, textOf, withInput } from './written-value.ts';

const TIMEOUT_MS = 10_000;
/** How many events one step may emit. */
const TYPES_MAX = 100;

const types = z.union([z.string(), z.array(z.string())]).superRefine((emit, context) => {
  const list = listOf(emit);
  for (const [index, type] of list.entries()) {
    const message = isFixed(type) ? problemOf(type) : undefined;
    const path = Array.isArray(emit) ? [index] : [];
    if (message !== undefined) context.addIssue({ code: 'custom', path, message });
  }
  const message = countProblem(list.length);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const subjectText = z.string().superRefine((text, context) => {
  const message = isFixed(text) ? problemOf('type', text) : undefined;
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** How an `emit` step is written. One type is kept as a list of one. */
export const emitShape: StepShape = {
  kind: 'emit',
  keys: ['data', 'subject'],
  schema: z
    .strictObject({ emit: types, data: z.unknown().optional(), subject: subjectText.optional() })
    .transform(({ emit, ...rest }) => ({ emit: listOf(emit), ...rest })),
  effect: 'idempotent',
  timeoutMs: TIMEOUT_MS,
};

const rendered = z.object({
  emit: z.array(z.string()),
  data: filled.optional(),
  subject: filled.optional(),
});

/**
 * Emits events of the given types, all with the same data and subject. They are recorded together
 * with the step's completion: once, or not at all. Its output is null.
 */
export function emitStep(): StepKind {
  return {
    shape: emitShape,
    contained: true,
    propose: async ({ input }) => {
      const [first, ...others] = readEmissions({ input });
      const to = [first, ...others].map((event) => event?.type ?? '').join(', ');
      const { subject = null, data: body = null } = first ?? {};
      return { content: { kind: 'message', to, subject, body }, files: [], unbound: [] };
    },
    execute: (context) =>
      withInput(context, readEmissions, (emits) => ({ kind: 'done', output: null, emits })),
  };
}

/** @throws SignalboxError `step.input_invalid` where an event could not be recorded. */
function readEmissions({ input }: Pick<StepContext, 'input'>): readonly Emission[] {
  const { data: read } = rendered.safeParse(input);
  if (read === undefined) throw inputInvalid('The type of an event to emit is no text.');
  const { emit, data = null, subject: about } = read;
  const named = about === undefined || about === null ? {} : { subject: textOf(about) };
  return emit.map((type) => {
    const problem = problemOf(type, named.subject);
    if (problem !== undefined) throw inputInvalid(`The event cannot be emitted: ${problem}`);
    return { type, ...named, data };
  });
}

function listOf(emit: string | readonly string[]): readonly string[] {
  return typeof emit === 'string' ? [emit] : emit;
}

function countProblem(count: number): string | undefined {
  if (count === 0) return 'the list is empty; name an event type';
  return count > TYPES_MAX ? `at most ${TYPES_MAX} types are allowed` : undefined;
}

function problemOf(type: string, subject?: string): string | undefined {
  return draftProblem({ type, source: 'flow', subject, data: '' });
}
