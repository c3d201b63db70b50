import { didYouMean } from './diagnostics.ts';

/** `2026-12-01T09:00`, with seconds or without, and with `Z`, an offset, or nothing after it. */
const TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(?::(\d{2}(?:\.\d{1,9})?))?([Zz]|[+-]\d{2}:\d{2})?$/;

const DAY_MS = 86_400_000;

/**
 * Reads a time of the calendar as milliseconds since 1970. `timeZone` (IANA) says whose clock it is
 * where the text has no offset, and may be left out where it has one.
 *
 * An hour that a clock shows twice is the first one; one that it skips is as long after the gap.
 * Returns undefined for what is no time, and for a time that has no offset and no zone, or both.
 */
export function parseZonedTime(text: string, timeZone?: string): number | undefined {
  const [, date, minutes, seconds = '00', offset] = TIME.exec(text) ?? [];
  if (date === undefined || minutes === undefined) return undefined;
  if ((offset === undefined) === (timeZone === undefined)) return undefined;
  const asUtc = Date.parse(`${date}T${minutes}:${seconds}Z`);
  // Date.parse makes the 30th of February into the 2nd of March.
  if (Number.isNaN(asUtc) || !new Date(asUtc).toISOString().startsWith(date)) return undefined;
  if (timeZone !== undefined) return isTimeZone(timeZone) ? instantOf(asUtc, timeZone) : undefined;
  const instant = Date.parse(`${date}T${minutes}:${seconds}${offset}`);
  return Number.isNaN(instant) ? undefined : instant;
}

/** Whether a name such as `Europe/Berlin` is one of the time zones that this machine knows. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Why a text is no time zone, with the zone that is probably meant; undefined where it is one. */
export function timeZoneProblem(name: string): string | undefined {
  if (isTimeZone(name)) return undefined;
  const zones = Intl.supportedValuesOf('timeZone');
  const city = `/${name.toLowerCase().replaceAll(' ', '_')}`;
  const meant = zones.find((zone) => zone.toLowerCase().endsWith(city)) ?? didYouMean(name, zones);
  const tail = meant === undefined ? 'write one such as Europe/Berlin' : `did you mean "${meant}"?`;
  return `"${name}" is no time zone; ${tail}`;
}

/** When a clock of that zone shows what a clock of UTC shows at `asUtc`. */
function instantOf(asUtc: number, timeZone: string): number {
  // No clock is more than a day from UTC, and none is set twice within two days.
  const before = offsetAt(asUtc - DAY_MS, timeZone);
  const after = offsetAt(asUtc + DAY_MS, timeZone);
  const first = asUtc - before;
  const second = asUtc - after;
  if (offsetAt(first, timeZone) === before) return first;
  return offsetAt(second, timeZone) === after ? second : first;
}

/** How far a zone's clock is ahead of UTC at an instant, in milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  // Sweden writes a time as ISO 8601 does.
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const shown = Date.parse(`${format.format(instant).replace(' ', 'T')}Z`);
  return shown - Math.floor(instant / 1_000) * 1_000;
}
