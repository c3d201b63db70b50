/** A cron as the oracle takes it: which times of day, on which days. */
export interface ScannedCron {
  readonly cron: string;
  /** Whether it names hours, and so goes by the calendar. */
  readonly calendar: boolean;
  readonly fits: (wall: Wall) => boolean;
}

/** What a clock on the wall shows. */
export interface Wall {
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

const MINUTE_MS = 60_000;

/**
 * The occurrences of crons in a zone, found by looking at its clock once a minute as a person
 * would: no calculation, no library of crons.
 *
 * By the calendar a minute counts when the clock shows it for the first time, and a minute that the
 * clock passed over counts at once; otherwise every minute counts whenever it is shown.
 */
export function scanWalls(
  crons: readonly ScannedCron[],
  { zone, from, to }: { readonly zone: string; readonly from: number; readonly to: number },
): number[][] {
  const found = crons.map((): number[] => []);
  const shows = wallReader(zone);
  // What the clock has reached, as the number of the minute on a calendar that is never set.
  let reached = shows(from - MINUTE_MS);
  for (let instant = from; instant < to; instant += MINUTE_MS) {
    const shown = shows(instant);
    const now = [wallOf(shown)];
    const passed = Array.from({ length: Math.max(0, shown - reached) }, (_, index) =>
      wallOf(shown - index),
    );
    for (const [index, { calendar, fits }] of crons.entries()) {
      if ((calendar ? passed : now).some(fits)) found[index]?.push(instant);
    }
    reached = Math.max(reached, shown);
  }
  return found;
}

/** Reads the clock of a zone as the number of the minute that it shows. */
function wallReader(zone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (instant) => {
    const [day, month, year, hour, minute] =
      format.format(instant).match(/\d+/g)?.map(Number) ?? [];
    return Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute) / MINUTE_MS;
  };
}

function wallOf(minute: number): Wall {
  const date = new Date(minute * MINUTE_MS);
  return {
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}
