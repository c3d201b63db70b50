/** `2026-11-20T09:00:00.5+01:00`: date, time and zone as RFC 3339 writes them. */
const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))$/;

/**
 * Whether a text is a date and time of RFC 3339 that the calendar has.
 *
 * `Date.parse` takes much more, and makes the 30th of February into the 2nd of March.
 */
export function isTimestamp(text: string): boolean {
  const parts = RFC_3339.exec(text)?.slice(1);
  if (parts === undefined) return false;
  const [year = 0, month = 0, day = 0, ...time] = parts.map((part) => Number(part ?? 0));
  const [hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = time;
  return (
    isBetween(1, month, 12) &&
    isBetween(1, day, daysIn(year, month)) &&
    hour <= 23 &&
    minute <= 59 &&
    // A leap second is a second too.
    second <= 60 &&
    zoneHour <= 23 &&
    zoneMinute <= 59
  );
}

function isBetween(least: number, value: number, most: number): boolean {
  return least <= value && value <= most;
}

/** The zeroth day of the next month is the last of this one. */
function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
