import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/std/duration.ts';

describe('reading a duration', () => {
  test.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['1.5s', 1_500],
    ['0s', 0],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1w', 604_800_000],
    ['1w1d1h1m1s1ms', 694_861_001],
    ['PT5M', 300_000],
    ['P1DT12H', 129_600_000],
    ['P2W', 1_209_600_000],
    ['PT0.5S', 500],
  ])('%s is %d milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    ['a bare number', '5'],
    ['a negative one', '-3s'],
    ['nothing', ''],
    ['an empty ISO duration', 'P'],
    ['an ISO duration without an amount', 'PT'],
    ['units in the wrong order', '30m1h'],
    ['an unknown unit', '3y'],
    ['an ISO month, which has no fixed length', 'P1M'],
    ['spaces', '1 h'],
    ['a fraction of a minute', '1.5m'],
    ['words around it', 'in 5m'],
    ['more than a number can count', '99999999999999w'],
  ])('%s is refused: "%s"', (_, text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('the parts of the short form add up', () => {
    const part = fc.nat(10_000);
    fc.assert(
      fc.property(part, part, part, part, (hours, minutes, seconds, ms) => {
        const total = ((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms;
        expect(parseDuration(`${hours}h${minutes}m${seconds}s${ms}ms`)).toBe(total);
        expect(parseDuration(`PT${hours}H${minutes}M${seconds}S`)).toBe(total - ms);
      }),
    );
  });

  test('no text makes it throw, or answer with anything but whole milliseconds', () => {
    const texts = fc.stringMatching(/^P?T?([0-9]{1,20}(\.[0-9]{1,3})?[wdhmsWDHMS]{1,2}){0,4}$/);
    fc.assert(
      fc.property(fc.oneof(texts, fc.string()), (text) => {
        const ms = parseDuration(text);
        expect(ms === undefined || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});

describe('showing a duration', () => {
  test.each([
    [0, '0 ms'],
    [340, '340 ms'],
    [999.9, '999 ms'],
    [1_000, '1 s'],
    [12_540, '12.5 s'],
    [59_999, '59.9 s'],
    [60_000, '1 min'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [86_400_000, '1 d'],
    [90_000_000, '1 d 1 h'],
  ])('%d ms is "%s"', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
