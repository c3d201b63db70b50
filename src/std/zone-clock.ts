/**
 * The clock on a wall of a time zone, which is set forward and back. Its times are given as what a
 * clock of UTC would call them, in milliseconds since 1970: a wall's 09:00 is `T09:00Z`.
 */
export interface ZoneClock {
  /** What the clock shows at an instant. */
  shows(instant: number): number;
  /**
   * The latest time that the clock has shown up to an instant: where it was set back, more than
   * now.
   */
  reached(instant: number): number;
  /** The first instant at which the clock has reached a time: the gap's end where it skips that. */
  firstAt(wall: number): number;
}

const SECOND_MS = 1_000;
/** No clock is more than a day from UTC, and none is set twice within two days. */
const DAY_MS = 86_400_000;

/** The clock of a zone such as `Europe/Berlin`. @throws RangeError where there is no such zone. */
export function zoneClock(timeZone: string): ZoneClock {
  // Sweden writes a time as ISO 8601 does.
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });

  /** How far the clock is ahead of UTC, in milliseconds. */
  function ahead(instant: number): number {
    const shown = Date.parse(`${format.format(instant).replace(' ', 'T')}Z`);
    return shown - Math.floor(instant / SECOND_MS) * SECOND_MS;
  }

  /** The instant after `from`, and up to `to`, at which the clock is set. */
  function setBetween(from: number, to: number): number {
    const later = ahead(to);
    let [before, after] = [from, to];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (ahead(middle) === later) after = middle;
      else before = middle;
    }
    return after;
  }

  function shows(instant: number): number {
    return instant + ahead(instant);
  }

  function reached(instant: number): number {
    const earlier = ahead(instant - DAY_MS);
    const shown = shows(instant);
    if (shown - instant >= earlier) return shown;
    return Math.max(shown, setBetween(instant - DAY_MS, instant) + earlier - 1);
  }

  function firstAt(wall: number): number {
    const before = ahead(wall - DAY_MS);
    const after = ahead(wall + DAY_MS);
    if (ahead(wall - before) === before) return wall - before;
    if (ahead(wall - after) === after) return wall - after;
    return setBetween(wall - after, wall - before);
  }

  return { shows, reached, firstAt };
}
