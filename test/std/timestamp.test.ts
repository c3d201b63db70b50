import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { isTimestamp } from '../../src/std/timestamp.ts';

describe('a timestamp', () => {
  test.each([
    '2026-11-20T09:00:00Z',
    '2026-11-20t09:00:00z',
    '2026-11-20 09:00:00+01:00',
    '2026-11-20T09:00:00.123456789-23:59',
    '2024-02-29T00:00:00Z',
    '2016-12-31T23:59:60Z',
  ])('of RFC 3339 is one: %s', (text) => {
    expect(isTimestamp(text)).toBe(true);
  });

  test.each([
    ['without a zone', '2026-11-20T09:00:00'],
    ['without seconds', '2026-11-20T09:00Z'],
    ['without a time', '2026-11-20'],
    ['of a month that is none', '2026-13-20T09:00:00Z'],
    ['of a month before the first', '2026-00-20T09:00:00Z'],
    ['of a day that the month lacks', '2026-02-30T09:00:00Z'],
    ['of a leap day in a common year', '2026-02-29T09:00:00Z'],
    ['of a day before the first', '2026-11-00T09:00:00Z'],
    ['of an hour that is none', '2026-11-20T24:00:00Z'],
    ['of a minute that is none', '2026-11-20T09:60:00Z'],
    ['of a second that is none', '2026-11-20T09:00:61Z'],
    ['of a zone that is none', '2026-11-20T09:00:00+24:00'],
    ['of a zone with too many minutes', '2026-11-20T09:00:00+01:60'],
    ['with something after it', '2026-11-20T09:00:00Z (noon)'],
    ['in words', 'yesterday'],
    ['of nothing', ''],
  ])('%s is none', (_, text) => {
    expect(isTimestamp(text)).toBe(false);
  });

  test('is what every date of JavaScript is written as, up to the year 9999', () => {
    const dates = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(dates, (date) => isTimestamp(date.toISOString())));
  });
});
