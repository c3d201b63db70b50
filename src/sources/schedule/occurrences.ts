import { Cron, CronPattern } from 'croner';
import { type ZoneClock, zoneClock } from '../../std/zone-clock.ts';

/** The nominal times of a schedule: instants in milliseconds since 1970. */
export interface Occurrences {
  /** The first after an instant; undefined where none comes any more. */
  readonly after: (instant: number) => number | undefined;
  /** The last at or before an instant; undefined where there was none. */
  readonly upTo: (instant: number) => number | undefined;
}

/** The times that a schedule keeps, as they are written: a cron or a span. */
export interface Times {
  readonly cron?: string | undefined;
  /** In milliseconds. */
  readonly every?: number | undefined;
  readonly timezone: string;
}

/** How crons are read: five fields or six, with `MON`, `JAN` and `@daily`; a day of either kind. */
export const CRON_OPTIONS = { mode: '5-or-6-parts', paused: true } as const;

const SECOND_MS = 1_000;

/** The occurrences of times that were checked. */
export function occurrencesOf({ cron, every = 0, timezone }: Times): Occurrences {
  return cron === undefined ? everyOccurrences(every) : cronOccurrences(cron, timezone);
}

/**
 * The occurrences of a cron that can be read, by the clock of a zone that is known.
 *
 * A cron that names hours goes by the calendar: a time that the clock skips comes once, as soon as
 * the clock has passed it, and one that it shows twice comes the first time. A cron of every hour
 * goes by the time that passes: each hour has it, the repeated one too, and a skipped one is none.
 */
export function cronOccurrences(cron: string, timezone: string): Occurrences {
  return isOfEveryHour(cron) ? byElapsedTime(cron, timezone) : byCalendar(cron, timezone);
}

/** The occurrences of `every: 10s`: the multiples of a span since 1970, on whichever machine. */
export function everyOccurrences(everyMs: number): Occurrences {
  return {
    after: (instant) => (Math.floor(instant / everyMs) + 1) * everyMs,
    upTo: (instant) => Math.floor(instant / everyMs) * everyMs,
  };
}

/** The first `count` occurrences after an instant, fewer where no more come. */
export function nextOccurrences(
  occurrences: Occurrences,
  { after, count }: { readonly after: number; readonly count: number },
): number[] {
  const found: number[] = [];
  let next = occurrences.after(after);
  while (next !== undefined && found.length < count) {
    found.push(next);
    next = occurrences.after(next);
  }
  return found;
}

function isOfEveryHour(cron: string): boolean {
  return new CronPattern(cron, undefined, CRON_OPTIONS).hour.every((hour) => hour === 1);
}

/** For such crons the rule of the library is ours. */
function byElapsedTime(cron: string, timezone: string): Occurrences {
  return calculator(new Cron(cron, { ...CRON_OPTIONS, timezone }));
}

/**
 * The library runs a cron of several times a day by elapsed time, and loses what a gap skips. So it
 * calculates on a wall whose clock is never set, and the zone says when that time is reached.
 */
function byCalendar(cron: string, timezone: string): Occurrences {
  const walls = calculator(new Cron(cron, { ...CRON_OPTIONS, timezone: 'UTC' }));
  const clock: ZoneClock = zoneClock(timezone);
  return {
    after: (instant) => reachedAt(walls.after(clock.reached(instant)), clock),
    upTo: (instant) => reachedAt(walls.upTo(clock.reached(instant)), clock),
  };
}

function reachedAt(wall: number | undefined, clock: ZoneClock): number | undefined {
  return wall === undefined ? undefined : clock.firstAt(wall);
}

/** The library counts whole seconds, and leaves out the one that it is asked from. */
function calculator(cron: Cron): Occurrences {
  return {
    after: (instant) => cron.nextRun(new Date(instant))?.getTime(),
    upTo: (instant) => cron.previousRuns(1, new Date(instant + SECOND_MS))[0]?.getTime(),
  };
}
