import { z } from 'zod';
import { TYPE_LENGTH_MAX } from '../events/event.ts';
import { patternProblem } from '../events/pattern.ts';
import { compileCondition } from '../flows/condition.ts';
import { TRIGGER_NAMES } from '../flows/names.ts';
import type { StepShape } from '../flows/step-shape.ts';
import {
  comparable,
  EQUALITIES_MAX,
  type Equality,
  placeOf,
  VALUE_LENGTH_MAX,
  type Wanted,
} from '../runs/awaiting.ts';
import type { StepContext, StepKind } from '../runs/step-kind.ts';
import { parseDuration } from '../std/duration.ts';
import { filled, inputInvalid, isFixed, scalar, shown, withInput } from './written-value.ts';

const TIMEOUT_MS = 10_000;
/** The longest wait that says when it is over: ten years. What is longer is a mistake of units. */
const WAIT_MS_MAX = 3_653 * 86_400_000;

const type = z
  .string()
  .max(TYPE_LENGTH_MAX)
  .superRefine((event, context) => {
    const message = event.includes('*')
      ? 'a wait names one type of event, so "*" has no place in it'
      : patternProblem(event);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const where = z.string().superRefine((text, context) => {
  const compiled = compileCondition(text, TRIGGER_NAMES);
  if (compiled.kind === 'compiled') return;
  for (const { message } of compiled.problems) context.addIssue({ code: 'custom', message });
});

const match = z.record(z.string(), scalar).superRefine((equalities, context) => {
  const keys = Object.keys(equalities);
  if (keys.length === 0 || keys.length > EQUALITIES_MAX) {
    const message = `names between 1 and ${EQUALITIES_MAX} values that the event must have`;
    context.addIssue({ code: 'custom', message });
  }
  for (const key of keys.filter((each) => placeOf(each) === undefined)) {
    const message = `"${shown(key)}" is no field of an event; write one such as payload.pr`;
    context.addIssue({ code: 'custom', path: [key], message });
  }
});

const timeout = z.string().superRefine((text, context) => {
  const message = isFixed(text) ? durationProblem(text) : undefined;
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** How a `wait` step is written. */
export const waitShape: StepShape = {
  kind: 'wait',
  keys: [],
  schema: z.strictObject({
    wait: z.strictObject({
      event: type,
      match,
      where: where.optional(),
      timeout: timeout.optional(),
    }),
  }),
  effect: 'idempotent',
  timeoutMs: TIMEOUT_MS,
  literal: () => ['wait.event', 'wait.where'],
};

const rendered = z.object({
  wait: z.object({
    event: z.string(),
    match: z.record(z.string(), filled),
    where: z.string().optional(),
    timeout: z.string().optional(),
  }),
});

/**
 * Waits for an event of a type with certain values: its output is that event. Where it has not come
 * within the timeout, the step fails with `wait.timed_out`.
 */
export function waitStep(): StepKind {
  return {
    shape: waitShape,
    contained: true,
    execute: (context) =>
      withInput(context, readWait, ({ wanted, until }) => ({ kind: 'await', wanted, until })),
  };
}

interface Wait {
  readonly wanted: Wanted;
  /** When it is over in any case, in engine time; null for never. */
  readonly until: number | null;
}

/** @throws SignalboxError `step.input_invalid`. */
function readWait({ input, now }: StepContext): Wait {
  const { data } = rendered.safeParse(input);
  if (data === undefined) throw inputInvalid('"wait" cannot be done: its timeout is no text.');
  const { event, match: values, where: residue, timeout: span } = data.wait;
  const problem = span === undefined ? undefined : durationProblem(span);
  if (problem !== undefined) throw inputInvalid(`"wait" cannot be done: ${problem}.`);
  const equalities = Object.entries(values).map(([path, value]) => equalityOf(path, value));
  const rest = residue === undefined ? {} : { where: residue };
  const wanted = { event, match: equalities, ...rest };
  return { wanted, until: span === undefined ? null : now + (parseDuration(span) ?? 0) };
}

function equalityOf(path: string, value: z.infer<typeof filled>): Equality {
  const text = comparable(value);
  if (text === undefined) {
    const problem = `"match" gives "${shown(path)}" no text, number or boolean`;
    throw inputInvalid(`"wait" cannot be done: ${problem}.`);
  }
  if (text.length <= VALUE_LENGTH_MAX) return [path, text];
  const problem = `the value of "${shown(path)}" has more than ${VALUE_LENGTH_MAX} characters`;
  throw inputInvalid(`"wait" cannot be done: ${problem}.`);
}

function durationProblem(text: string): string | undefined {
  const ms = parseDuration(text);
  if (ms === undefined) return `"${shown(text)}" is no duration; write one such as 10m or 1h30m`;
  if (ms === 0) return 'the timeout must be longer than nothing';
  return ms > WAIT_MS_MAX ? `"${shown(text)}" is more than ten years` : undefined;
}
