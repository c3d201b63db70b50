import { describe, expect, test } from 'vitest';
import { parseDays, parseHours, withinHours } from '../../src/steps/business-hours.ts';

interface Written {
  readonly hours?: string;
  readonly days?: string;
  readonly timezone?: string;
}

function next(now: string, written: Written = {}): string {
  const { hours = '09:00-17:00', days = 'mon-fri', timezone = 'Europe/Berlin' } = written;
  const span = parseHours(hours);
  const on = parseDays(days);
  if (span === undefined || on === undefined) return 'no hours';
  const instant = withinHours({ ...span, days: on, timezone }, Date.parse(now));
  return new Date(instant).toISOString();
}

describe('business hours', () => {
  test.each([
    ['2026-11-20T08:30:00.000Z', '2026-11-20T08:30:00.000Z', 'within them: at once'],
    ['2026-11-20T06:00:00.000Z', '2026-11-20T08:00:00.000Z', 'before them: that morning'],
    ['2026-11-19T16:00:00.000Z', '2026-11-20T08:00:00.000Z', 'as they end: the next morning'],
    ['2026-11-20T16:00:00.000Z', '2026-11-23T08:00:00.000Z', 'on a Friday evening: on Monday'],
    ['2026-07-17T15:59:00.000Z', '2026-07-20T07:00:00.000Z', 'in summer, an hour earlier'],
  ])('at %s begin at %s: %s', (now, begins) => {
    expect(next(now)).toBe(begins);
  });

  test('may go on into the next day, and belong to the day on which they begin', () => {
    const night = { hours: '22:00-06:00', days: 'fri', timezone: 'UTC' };
    expect(next('2026-11-21T05:59:00.000Z', night)).toBe('2026-11-21T05:59:00.000Z');
    expect(next('2026-11-21T06:00:00.000Z', night)).toBe('2026-11-27T22:00:00.000Z');
  });

  test('that the clock skips begin at the end of the gap', () => {
    const early = { hours: '02:30-05:00', days: 'sun' };
    expect(next('2026-03-28T12:00:00.000Z', early)).toBe('2026-03-29T01:00:00.000Z');
  });

  test('that the clock shows twice begin the first time, and last an hour longer', () => {
    const early = { hours: '02:30-05:00', days: 'sun' };
    expect(next('2026-10-24T12:00:00.000Z', early)).toBe('2026-10-25T00:30:00.000Z');
    expect(next('2026-10-25T03:59:00.000Z', early)).toBe('2026-10-25T03:59:00.000Z');
  });

  test('are on the days that are written', () => {
    expect([...(parseDays('mon-fri') ?? [])]).toEqual([1, 2, 3, 4, 5]);
    expect([...(parseDays('Sat - Mon, wed') ?? [])]).toEqual([6, 7, 1, 3]);
    for (const text of ['', 'monday', 'mon-', 'mon;tue', 'xyz', 'mon-xyz']) {
      expect(parseDays(text)).toBeUndefined();
    }
    for (const text of ['', '9-17', '09:60-17:00', '25:00-26:00', '09:00-09:00', '24:00-06:00']) {
      expect(parseHours(text)).toBeUndefined();
    }
    expect(parseHours('9:00 - 24:00')).toEqual({ from: 540, to: 1440 });
  });
});
