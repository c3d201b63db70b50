import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { isTimeZone, parseZonedTime, timeZoneProblem } from '../../src/std/zoned-time.ts';

describe('a time of the calendar', () => {
  test.each([
    ['2026-12-01T09:00Z', undefined, '2026-12-01T09:00:00.000Z'],
    ['2026-12-01t09:00:30z', undefined, '2026-12-01T09:00:30.000Z'],
    ['2026-12-01 09:00:30.25+01:00', undefined, '2026-12-01T08:00:30.250Z'],
    ['2024-02-29T00:00-05:30', undefined, '2024-02-29T05:30:00.000Z'],
    ['2026-12-01T09:00', 'UTC', '2026-12-01T09:00:00.000Z'],
    ['2026-12-01T09:00', 'Europe/Berlin', '2026-12-01T08:00:00.000Z'],
    ['2026-07-01T09:00', 'Europe/Berlin', '2026-07-01T07:00:00.000Z'],
    ['2026-03-29T12:00', 'Europe/Berlin', '2026-03-29T10:00:00.000Z'],
    ['2026-03-28T12:00', 'Europe/Berlin', '2026-03-28T11:00:00.000Z'],
    ['2026-07-01T09:00', 'Asia/Kolkata', '2026-07-01T03:30:00.000Z'],
    ['2026-01-01T00:00', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
    ['2026-01-01T00:00', 'Pacific/Niue', '2026-01-01T11:00:00.000Z'],
  ])('%s in %s is %s', (text, zone, instant) => {
    expect(shown(parseZonedTime(text, zone))).toBe(instant);
  });

  test.each([
    ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
    ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:30:00.000Z'],
    ['Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:45:00.000Z'],
  ])('that the clock of %s skips is as long after the gap', (zone, text, instant) => {
    expect(shown(parseZonedTime(text, zone))).toBe(instant);
  });

  test.each([
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
    ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30:00.000Z'],
    ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T14:45:00.000Z'],
  ])('that the clock of %s shows twice is the first', (zone, text, instant) => {
    expect(shown(parseZonedTime(text, zone))).toBe(instant);
  });

  test.each([
    ['2026-12-01', 'UTC'],
    ['09:00', 'UTC'],
    ['tomorrow', 'UTC'],
    ['2026-02-30T09:00', 'UTC'],
    ['2026-12-01T25:00', 'UTC'],
    ['2026-12-01T09:00+01:00', 'UTC'],
    ['2026-12-01T09:00+25:00', undefined],
    ['2026-12-01T09:00', undefined],
    ['2026-12-01T09:00', 'Mars/Olympus'],
    [' 2026-12-01T09:00', 'UTC'],
  ])('is not %s in %s', (text, zone) => {
    expect(parseZonedTime(text, zone)).toBeUndefined();
  });

  test('is the one at which the clock of the zone shows it, whenever that is', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Tehran',
      'UTC',
    ];
    const minutes = fc.integer({
      min: Date.UTC(2020, 0) / 60_000,
      max: Date.UTC(2041, 0) / 60_000,
    });
    fc.assert(
      fc.property(fc.constantFrom(...zones), minutes, (zone, minute) => {
        const text = clockOf(zone, minute * 60_000);
        const found = parseZonedTime(text, zone) ?? Number.NaN;
        expect(clockOf(zone, found)).toBe(text);
        // Where a clock shows it twice, the first is found.
        expect(found).toBeLessThanOrEqual(minute * 60_000);
      }),
    );
  });
});

test('a time zone is one that this machine knows', () => {
  expect(['UTC', 'Europe/Berlin'].map(isTimeZone)).toEqual([true, true]);
  expect(['', 'Mars/Olympus', 'Europe'].map(isTimeZone)).toEqual([false, false, false]);
});

test.each([
  ['Europe/Berlin', undefined],
  ['UTC', undefined],
  ['Europa/Berlin', '"Europa/Berlin" is no time zone; did you mean "Europe/Berlin"?'],
  ['new york', '"new york" is no time zone; did you mean "America/New_York"?'],
  ['Mars/Olympus', '"Mars/Olympus" is no time zone; write one such as Europe/Berlin'],
])('what is wrong with the zone %s is %s', (name, problem) => {
  expect(timeZoneProblem(name)).toBe(problem);
});

function shown(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** `2026-12-01T09:00`, as a clock of the zone shows it. */
function clockOf(zone: string, instant: number): string {
  const format = { timeZone: zone, dateStyle: 'short', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat('sv-SE', format).format(instant).replace(' ', 'T');
}
