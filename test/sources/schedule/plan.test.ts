import * as fc from '../../properties.ts';
import { describe, expect, test } from 'vitest';
import { cronOccurrences, everyOccurrences } from '../../../src/sources/schedule/occurrences.ts';
import {
  CATCH_UP_MAX,
  CATCH_UPS,
  LISTED_MAX,
  MISSED_MAX,
  type Plan,
  planSchedule,
  type Rules,
} from '../../../src/sources/schedule/plan.ts';
import { jitterOf } from '../../../src/sources/schedule/jitter.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 1);

const HOURLY: Rules = {
  occurrences: everyOccurrences(HOUR),
  catchUp: 'last',
  windowMs: 30 * DAY,
  delayOf: () => 0,
};

describe('a schedule that somebody listens to', () => {
  test('fires what is due, and wakes for the next', () => {
    const plan = planSchedule(HOURLY, { mark: START, now: START + HOUR, listening: true });
    expect(plan).toEqual({ fires: [START + HOUR], wakeAt: START + 2 * HOUR });
  });

  test('does nothing before its time', () => {
    const plan = planSchedule(HOURLY, { mark: START, now: START + HOUR - 1, listening: true });
    expect(plan).toEqual({ fires: [], wakeAt: START + HOUR });
  });

  test.each(CATCH_UPS)('fires what is a little late, with catch_up: %s', (catchUp) => {
    const now = START + HOUR + MINUTE;
    expect(fires({ ...HOURLY, catchUp }, { mark: START, now, listening: true })).toEqual([1]);
  });

  test('fires what is on time by its delay, though late by its nominal time', () => {
    const rules: Rules = { ...HOURLY, catchUp: 'skip', delayOf: () => 30 * MINUTE };
    const now = START + HOUR + 30 * MINUTE;
    expect(fires(rules, { mark: START, now: now - 1, listening: true })).toEqual([]);
    expect(fires(rules, { mark: START, now, listening: true })).toEqual([1]);
  });

  test('passes over what the clock was set forward over, as its policy says', () => {
    const standing = { mark: START, now: START + 3 * HOUR + 2 * MINUTE, listening: true };
    expect(fires({ ...HOURLY, catchUp: 'skip' }, standing)).toEqual([]);
    expect(fires({ ...HOURLY, catchUp: 'last' }, standing)).toEqual([3]);
    expect(fires({ ...HOURLY, catchUp: 'all' }, standing)).toEqual([1, 2, 3]);
  });

  test('fires nothing again where the clock was set back', () => {
    const standing = { mark: START + 5 * HOUR, now: START + 2 * HOUR, listening: true };
    expect(planSchedule(HOURLY, standing)).toEqual({ fires: [], wakeAt: START + 6 * HOUR });
  });
});

describe('500 occurrences that passed while nobody listened', () => {
  const standing = { mark: START, now: START + 500 * HOUR + 5 * MINUTE, listening: false };

  test('are passed over with catch_up: skip', () => {
    const plan = planSchedule({ ...HOURLY, catchUp: 'skip' }, standing);
    expect(plan.fires).toEqual([]);
    expect(plan.missed?.count).toBe(500);
    expect(plan.missed?.times).toHaveLength(LISTED_MAX);
    expect(plan.missed?.times.at(0)).toBe(START + 401 * HOUR);
    expect(plan.missed?.times.at(-1)).toBe(START + 500 * HOUR);
    expect(plan.wakeAt).toBe(START + 501 * HOUR);
  });

  test('are passed over but for the last with catch_up: last', () => {
    const plan = planSchedule(HOURLY, standing);
    expect(plan.fires).toEqual([START + 500 * HOUR]);
    expect(plan.missed?.count).toBe(499);
    expect(plan.missed?.times.at(-1)).toBe(START + 499 * HOUR);
  });

  test('all fire in their order with catch_up: all', () => {
    const plan = planSchedule({ ...HOURLY, catchUp: 'all' }, standing);
    expect(plan.fires).toEqual(Array.from({ length: 500 }, (_, i) => START + (i + 1) * HOUR));
    expect(plan.missed).toBeUndefined();
  });

  test('fire as far as the window reaches', () => {
    const window = { ...HOURLY, windowMs: 10 * HOUR };
    expect(fires({ ...window, catchUp: 'all' }, standing)).toEqual([
      491, 492, 493, 494, 495, 496, 497, 498, 499, 500,
    ]);
    expect(fires({ ...window, windowMs: MINUTE, catchUp: 'all' }, standing)).toEqual([]);
    expect(fires({ ...window, windowMs: MINUTE, catchUp: 'last' }, standing)).toEqual([]);
  });
});

test('no more occurrences are caught up with, counted or listed than the limits say', () => {
  const rules: Rules = { ...HOURLY, occurrences: everyOccurrences(1_000), catchUp: 'all' };
  const plan = planSchedule(rules, { mark: START, now: START + DAY, listening: false });
  expect(plan.fires).toHaveLength(CATCH_UP_MAX);
  expect(plan.fires.at(-1)).toBe(START + DAY);
  expect(plan.missed?.count).toBe(MISSED_MAX - CATCH_UP_MAX);
});

test('a schedule that never comes is never waited for', () => {
  const rules = { ...HOURLY, occurrences: cronOccurrences('0 0 30 2 *', 'UTC') };
  const plan = planSchedule(rules, { mark: START, now: START + DAY, listening: true });
  expect(plan).toEqual({ fires: [], wakeAt: undefined });
});

describe('whatever the clock does', () => {
  const steps = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 2 * HOUR }),
      fc.integer({ min: -2 * HOUR, max: 2 * HOUR }),
      fc.integer({ min: -30 * DAY, max: 30 * DAY }),
    ),
    { minLength: 1, maxLength: 60 },
  );
  const rules = fc.record({
    occurrences: fc.constantFrom(
      everyOccurrences(10 * MINUTE),
      cronOccurrences('30 2 * * *', 'Europe/Berlin'),
      cronOccurrences('*/15 1-3 * * *', 'Australia/Lord_Howe'),
    ),
    catchUp: fc.constantFrom(...CATCH_UPS),
    windowMs: fc.constantFrom(MINUTE, DAY, 30 * DAY),
    jitterMs: fc.constantFrom(0, 5 * MINUTE, DAY),
  });

  test('nothing fires early, nothing twice, and all that passes is fired or counted', () => {
    fc.assert(
      fc.property(rules, steps, fc.boolean(), ({ jitterMs, ...some }, clock, listening) => {
        const { occurrences } = some;
        const delayOf = jitterOf({ occurrences, jitterMs, name: 'n' });
        let mark = START;
        let now = START;
        for (const step of clock) {
          now += step;
          const plan = planSchedule({ ...some, delayOf }, { mark, now, listening });
          const handled = [...(plan.missed?.times ?? []), ...plan.fires];
          expect(handled).toEqual(handled.toSorted((a, b) => a - b));
          expect(new Set(handled).size).toBe(handled.length);
          expect(handled.every((nominal) => nominal > mark)).toBe(true);
          expect(handled.every((nominal) => nominal + delayOf(nominal) <= now)).toBe(true);
          expect(countOf(plan)).toBe(countBetween(some, mark, now, delayOf));
          mark = Math.max(mark, handled.at(-1) ?? mark);
          const { wakeAt = 0 } = plan;
          expect(wakeAt).toBeGreaterThan(now);
          expect(occurrences.upTo(wakeAt)).toBe(occurrences.after(mark));
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** The fired occurrences as their numbers. */
function fires(rules: Rules, standing: Parameters<typeof planSchedule>[1]): number[] {
  return planSchedule(rules, standing).fires.map((nominal) => (nominal - START) / HOUR);
}

function countOf({ fires: fired, missed }: Plan): number {
  return fired.length + (missed?.count ?? 0);
}

/** How many occurrences are due, counted forwards. */
function countBetween(
  { occurrences }: Pick<Rules, 'occurrences'>,
  mark: number,
  now: number,
  delayOf: (nominal: number) => number,
): number {
  let count = 0;
  let next = occurrences.after(mark);
  while (next !== undefined && next + delayOf(next) <= now && count < MISSED_MAX) {
    count += 1;
    next = occurrences.after(next);
  }
  return count;
}
