import { z } from 'zod';
import { durationSchema, spanSchema } from '../../flows/parse/duration-schema.ts';
import type { SourceConfig, SourceShape } from '../../flows/source-shape.ts';
import { timeZoneProblem } from '../../std/zoned-time.ts';
import { cronProblem } from './cron.ts';
import { CATCH_UPS } from './plan.ts';

/** The event of an occurrence, and the one of those that were passed over. */
export const FIRED = 'schedule.fired';
export const MISSED = 'schedule.missed';

/** What becomes of an occurrence while the run of an earlier one is open. */
const OVERLAPS = ['skip', 'queue', 'replace', 'allow'] as const;

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
/** How long ago an occurrence may have been and still be caught up with, where that is not said. */
const WINDOW_MS = 30 * DAY_MS;
/** The longest time between two occurrences: what is longer is a mistake of units. */
const EVERY_MS_MAX = 366 * DAY_MS;

const cronSchema = z.string().superRefine((cron, context) => {
  const message = cronProblem(cron);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const everySchema = spanSchema
  .refine((ms) => ms >= SECOND_MS, 'must be at least 1s')
  .refine((ms) => ms <= EVERY_MS_MAX, 'must be at most 366d; write a cron such as "0 9 1 1 *"');

const timezoneSchema = z.string().superRefine((timezone, context) => {
  const message = timeZoneProblem(timezone);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** What is written for a schedule. */
const schema = z
  .strictObject({
    cron: cronSchema.optional(),
    every: everySchema.optional(),
    timezone: timezoneSchema.default('UTC'),
    catch_up: z.enum(CATCH_UPS).default('last'),
    catch_up_window: spanSchema.default(WINDOW_MS),
    overlap: z.enum(OVERLAPS).default('skip'),
    jitter: durationSchema.default(0),
  })
  .superRefine(({ cron, every }, context) => {
    const message = timesProblem(cron, every);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** What a schedule is opened with. */
export type ScheduleConfig = z.output<typeof schema>;

/** How a schedule is written. */
export const scheduleShape: SourceShape = {
  type: 'schedule',
  schema,
  secretKeys: [],
  nameOf: () => undefined,
  trustOf: () => 'trusted',
  emits: [FIRED, MISSED],
  handled: FIRED,
  overlapOf: (config) => {
    const { overlap } = scheduleConfig(config);
    return overlap === 'skip' ? 'drop' : overlap;
  },
};

/** The configuration of a source that the shape has checked. */
export function scheduleConfig(config: SourceConfig): ScheduleConfig {
  return config as ScheduleConfig;
}

function timesProblem(cron: string | undefined, every: number | undefined): string | undefined {
  if (cron !== undefined && every !== undefined) {
    return 'has both "cron" and "every"; keep the one that is meant';
  }
  if (cron !== undefined || every !== undefined) return undefined;
  return 'needs a "cron" such as "0 9 * * MON", or "every" with a duration such as 10m';
}
