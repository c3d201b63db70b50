import { z } from 'zod';
import type { StepShape } from '../flows/step-shape.ts';
import type { StepContext, StepKind } from '../runs/step-kind.ts';
import { parseDuration } from '../std/duration.ts';
import { isTimeZone, parseZonedTime } from '../std/zoned-time.ts';
import { inputInvalid, isFixed, shown, withInput } from './written-value.ts';

const TIMEOUT_MS = 10_000;
/** The longest sleep: ten years. What is longer is a mistake of units. */
const SLEEP_MS_MAX = 3_653 * 86_400_000;

const written = z
  .union([
    z.string(),
    z.number(),
    z.strictObject({ until: z.string(), timezone: z.string().optional() }),
  ])
  .superRefine((sleep, context) => {
    const message = problemOf(typeof sleep === 'object' ? sleep : { for: String(sleep) });
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** How a `sleep` step is written. A bare duration is kept as `{ for: … }`. */
export const sleepShape: StepShape = {
  kind: 'sleep',
  keys: [],
  schema: z.strictObject({ sleep: written }).transform(({ sleep }) => ({
    sleep: typeof sleep === 'object' ? sleep : { for: String(sleep) },
  })),
  effect: 'idempotent',
  timeoutMs: TIMEOUT_MS,
};

const rendered = z.object({
  sleep: z.union([
    z.object({ for: z.string() }),
    z.object({ until: z.string(), timezone: z.string().optional() }),
  ]),
});

type Sleep = z.infer<typeof rendered>['sleep'];

/** Lets time pass: a duration, or until a date. What is already past is no wait. */
export function sleepStep(): StepKind {
  return {
    shape: sleepShape,
    contained: true,
    execute: (context) =>
      withInput(context, readUntil, (end) =>
        end <= context.now ? { kind: 'done', output: null } : { kind: 'wait', until: end },
      ),
  };
}

/** @throws SignalboxError `step.input_invalid`. */
function readUntil({ input, now }: StepContext): number {
  const { data } = rendered.safeParse(input);
  if (data === undefined) throw inputInvalid('"sleep" cannot be done: its time is no text.');
  const problem = 'for' in data.sleep ? durationProblem(data.sleep.for) : timeProblem(data.sleep);
  if (problem !== undefined) throw inputInvalid(`"sleep" cannot be done: ${problem}.`);
  return instantOf(data.sleep, now);
}

function instantOf(sleep: Sleep, now: number): number {
  if ('for' in sleep) return now + (parseDuration(sleep.for) ?? 0);
  return parseZonedTime(sleep.until, sleep.timezone) ?? now;
}

/** What is wrong with a sleep as it is written: nothing yet, where a template says how long. */
function problemOf(sleep: Sleep): string | undefined {
  const texts = Object.values(sleep).filter((value) => value !== undefined);
  if (!texts.every(isFixed)) return undefined;
  return 'for' in sleep ? durationProblem(sleep.for) : timeProblem(sleep);
}

function durationProblem(text: string): string | undefined {
  const ms = parseDuration(text);
  if (ms === undefined) return `"${shown(text)}" is no duration; write one such as 10m or 1h30m`;
  return ms > SLEEP_MS_MAX ? `"${shown(text)}" is more than ten years` : undefined;
}

function timeProblem(sleep: Exclude<Sleep, { for: string }>): string | undefined {
  const { until: text, timezone } = sleep;
  if (timezone !== undefined && !isTimeZone(timezone)) {
    return `"${shown(timezone)}" is no time zone; write one such as Europe/Berlin`;
  }
  if (parseZonedTime(text, timezone) !== undefined) return undefined;
  if (parseZonedTime(text, 'UTC') !== undefined) {
    return `"${shown(text)}" does not say whose clock is meant; add "timezone", or end it with Z`;
  }
  return parseZonedTime(text) === undefined
    ? `"${shown(text)}" is no date; write one such as 2026-12-01T09:00Z`
    : `"${shown(text)}" has an offset already; remove "timezone"`;
}
