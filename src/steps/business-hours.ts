import { zoneClock } from '../std/zone-clock.ts';

/** Hours of the week in which people work, by the clock of a time zone. */
export interface BusinessHours {
  /** In minutes from midnight. Where `to` is not later than `from`, it is the next day's. */
  readonly from: number;
  readonly to: number;
  /** Days on which they begin, Monday being 1 and Sunday 7. */
  readonly days: ReadonlySet<number>;
  readonly timezone: string;
}

export const DEFAULT_HOURS = '09:00-17:00';
export const DEFAULT_DAYS = 'mon-fri';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MINUTES = 1_440;
const HOURS = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const RANGE = /^([a-z]{3})(?:\s*-\s*([a-z]{3}))?$/;
/** Each day of the week comes within these. */
const DAYS_AHEAD = 8;

/** Reads hours such as `09:00-17:00`; undefined for what is none. */
export function parseHours(text: string): Pick<BusinessHours, 'from' | 'to'> | undefined {
  const [hour = NaN, minute = NaN, hourTo = NaN, minuteTo = NaN] =
    HOURS.exec(text.trim())?.slice(1).map(Number) ?? [];
  const [from, to] = [hour * 60 + minute, hourTo * 60 + minuteTo];
  const isTime = minute < 60 && minuteTo < 60 && from < MINUTES && to <= MINUTES && from !== to;
  return isTime ? { from, to } : undefined;
}

/** Reads days such as `mon-fri` or `mon, wed, sat-sun`; undefined for what are none. */
export function parseDays(text: string): ReadonlySet<number> | undefined {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [, first = '', last = first] = RANGE.exec(part.trim()) ?? [];
    const [from, to] = [DAYS.indexOf(first), DAYS.indexOf(last)];
    if (from === -1 || to === -1) return undefined;
    for (let day = from; ; day = (day + 1) % DAYS.length) {
      days.add(day + 1);
      if (day === to) break;
    }
  }
  return days;
}

/**
 * The first instant from `now` on that lies within the hours: `now` itself where it does.
 *
 * An opening that the clock skips is at the end of the gap, and one that it shows twice the first;
 * hours in which it is set back or forward are as much longer or shorter.
 */
export function withinHours({ from, to, days, timezone }: BusinessHours, now: number): number {
  const clock = zoneClock(timezone);
  const today = Math.floor(clock.shows(now) / DAY_MS);
  // Hours that began yesterday may go on.
  for (let day = today - 1; day <= today + DAYS_AHEAD; day++) {
    // The first of January 1970 was a Thursday.
    if (!days.has(((day + 3) % 7) + 1)) continue;
    const midnight = day * DAY_MS;
    const opens = clock.firstAt(midnight + from * MINUTE_MS);
    const closes = clock.firstAt(midnight + (to > from ? to : to + MINUTES) * MINUTE_MS);
    if (now < closes) return Math.max(now, opens);
  }
  throw new RangeError('there is no day on which the hours begin');
}
