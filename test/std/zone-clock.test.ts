import { describe, expect, test } from 'vitest';
import { zoneClock } from '../../src/std/zone-clock.ts';

describe('a clock on a wall in Berlin', () => {
  const berlin = zoneClock('Europe/Berlin');

  test('shows what is so long ahead of UTC', () => {
    expect(berlin.shows(at('2026-01-01T08:00'))).toBe(at('2026-01-01T09:00'));
    expect(berlin.shows(at('2026-07-01T08:00') + 250)).toBe(at('2026-07-01T10:00') + 250);
  });

  test.each([
    ['2026-01-01T09:00', '2026-01-01T08:00', 'on any day'],
    ['2026-03-29T01:59', '2026-03-29T00:59', 'before it is set forward'],
    ['2026-03-29T02:30', '2026-03-29T01:00', 'in the hour that is skipped'],
    ['2026-03-29T03:00', '2026-03-29T01:00', 'after that'],
    ['2026-10-25T02:30', '2026-10-25T00:30', 'in the hour that it shows twice'],
    ['2026-10-25T03:00', '2026-10-25T02:00', 'after that'],
  ])('has reached %s at %sZ, %s', (wall, instant) => {
    expect(shown(berlin.firstAt(at(wall)))).toBe(instant);
  });

  test.each([
    ['2026-03-29T01:00', '2026-03-29T03:00', 'after it was set forward'],
    ['2026-10-25T00:30', '2026-10-25T02:30', 'in the hour that it shows twice'],
    ['2026-10-25T01:00', '2026-10-25T02:59', 'when it has been set back'],
    ['2026-10-25T01:30', '2026-10-25T02:59', 'in that hour again'],
    ['2026-10-25T02:30', '2026-10-25T03:30', 'after that'],
  ])('has shown up to %sZ at most %s, %s', (instant, wall) => {
    expect(shown(berlin.reached(at(instant)))).toBe(wall);
  });
});

test('there is no clock of a zone that does not exist', () => {
  expect(() => zoneClock('Mars/Olympus')).toThrow(RangeError);
});

function at(minute: string): number {
  return Date.parse(`${minute}Z`);
}

function shown(instant: number): string {
  return new Date(instant).toISOString().slice(0, 16);
}
