import { z } from 'zod';
import type { StepShape } from '../flows/step-shape.ts';
import type { StepContext, StepKind } from '../runs/step-kind.ts';
import { parseDuration } from '../std/duration.ts';
import { isTimeZone, parseZonedTime } from '../std/zoned-time.ts';
import {
  type BusinessHours,
  DEFAULT_DAYS,
  DEFAULT_HOURS,
  parseDays,
  parseHours,
  withinHours,
} from './business-hours.ts';
import { inputInvalid, isFixed, shown, withInput } from './written-value.ts';

const TIMEOUT_MS = 10_000;
/** The longest sleep: ten years. What is longer is a mistake of units. */
const SLEEP_MS_MAX = 3_653 * 86_400_000;

const written = z
  .union([
    z.string(),
    z.number(),
    z.strictObject({
      until: z.string(),
      timezone: z.string().optional(),
      hours: z.string().optional(),
      days: z.string().optional(),
    }),
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
    z.object({
      until: z.string(),
      timezone: z.string().optional(),
      hours: z.string().optional(),
      days: z.string().optional(),
    }),
  ]),
});

type Sleep = z.infer<typeof rendered>['sleep'];

/** What stands in place of a date. */
const BUSINESS_HOURS = 'business_hours';

/**
 * Lets time pass: a duration, until a date, or until people work. What is already past is no wait.
 */
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
  const hours = businessHours(sleep);
  if (hours !== undefined) return withinHours(hours, now);
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

type Until = Exclude<Sleep, { for: string }>;

/** The hours that are slept until; undefined for a date, and for what are none. */
function businessHours(sleep: Until): BusinessHours | undefined {
  const { until, timezone, hours = DEFAULT_HOURS, days = DEFAULT_DAYS } = sleep;
  if (until !== BUSINESS_HOURS || timezone === undefined) return undefined;
  const [span, on] = [parseHours(hours), parseDays(days)];
  return span && on && { ...span, days: on, timezone };
}

function timeProblem(sleep: Until): string | undefined {
  const { until: text, timezone, hours, days } = sleep;
  if (timezone !== undefined && !isTimeZone(timezone)) {
    return `"${shown(timezone)}" is no time zone; write one such as Europe/Berlin`;
  }
  if (text === BUSINESS_HOURS) return hoursProblem(sleep);
  if (hours !== undefined || days !== undefined) {
    return `"hours" and "days" say when people work; write "until: ${BUSINESS_HOURS}" with them`;
  }
  if (parseZonedTime(text, timezone) !== undefined) return undefined;
  if (parseZonedTime(text, 'UTC') !== undefined) {
    return `"${shown(text)}" does not say whose clock is meant; add "timezone", or end it with Z`;
  }
  return parseZonedTime(text) === undefined
    ? `"${shown(text)}" is no date; write one such as 2026-12-01T09:00Z`
    : `"${shown(text)}" has an offset already; remove "timezone"`;
}

function hoursProblem({
  timezone,
  hours = DEFAULT_HOURS,
  days = DEFAULT_DAYS,
}: Until): string | undefined {
  if (timezone === undefined)
    return `"${BUSINESS_HOURS}" does not say whose clock is meant; add "timezone"`;
  if (parseHours(hours) === undefined)
    return `"${shown(hours)}" are no hours; write some such as 09:00-17:00`;
  if (parseDays(days) === undefined)
    return `"${shown(days)}" are no days; write some such as mon-fri, or mon, wed`;
  return undefined;
}
