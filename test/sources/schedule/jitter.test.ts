import { expect, test } from 'vitest';
import { jitterOf } from '../../../src/sources/schedule/jitter.ts';
import { cronOccurrences, everyOccurrences } from '../../../src/sources/schedule/occurrences.ts';

const HOUR = 3_600_000;
const NOMINALS = Array.from({ length: 500 }, (_, index) => (index + 1) * HOUR);

test('a delay is the same whenever it is drawn, and differs by name and occurrence', () => {
  const options = { occurrences: everyOccurrences(HOUR), jitterMs: HOUR / 2, name: 'a' };
  const delays = NOMINALS.map(jitterOf(options));
  expect(NOMINALS.map(jitterOf(options))).toEqual(delays);
  expect(new Set(delays).size).toBeGreaterThan(490);
  expect(NOMINALS.map(jitterOf({ ...options, name: 'b' }))).not.toEqual(delays);
});

test('delays are spread over the whole of the jitter', () => {
  const jitter = jitterOf({ occurrences: everyOccurrences(HOUR), jitterMs: HOUR / 2, name: 'a' });
  const tenths = new Set(
    NOMINALS.map((nominal) => Math.floor((10 * jitter(nominal)) / (HOUR / 2))),
  );
  expect([...tenths].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a delay ends before the next occurrence', () => {
  const jitter = jitterOf({ occurrences: everyOccurrences(HOUR), jitterMs: 90 * HOUR, name: 'a' });
  expect(Math.max(...NOMINALS.map(jitter))).toBeLessThan(HOUR);
});

test('without jitter there is none, and the last occurrence has all of it', () => {
  const occurrences = cronOccurrences('0 0 30 2 *', 'UTC');
  expect(jitterOf({ occurrences, jitterMs: 0, name: 'a' })(HOUR)).toBe(0);
  expect(jitterOf({ occurrences, jitterMs: HOUR, name: 'a' })(HOUR)).toBeLessThan(HOUR);
});
