import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { Rate } from '../../src/runs/rate.ts';

/** The starts of a rate that is asked at each of these instants, in order. */
function startsAt(rate: Rate, instants: readonly number[]): number[] {
  const starts: number[] = [];
  for (const now of instants) {
    rate.advance(now);
    if (rate.next > now) continue;
    rate.start(now);
    starts.push(now);
  }
  return starts;
}

/** Every millisecond of a span. */
function everyMs(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, ms) => from + ms);
}

describe('a rate', () => {
  const rule = { limit: 4, perMs: 100 };

  test('lets as many through at once, and spreads those behind them', () => {
    const rate = new Rate(rule, -1_000);
    rate.advance(0);
    for (let n = 0; n < 4; n++) rate.start(0);
    expect(rate.next).toBe(100);
    expect(startsAt(rate, everyMs(0, 200))).toEqual([100, 125, 150, 175]);
  });

  test('lets a burst through again where none came for long enough', () => {
    const rate = new Rate(rule, -1_000);
    rate.advance(0);
    for (let n = 0; n < 4; n++) rate.start(0);
    rate.advance(125);
    expect(rate.next).toBeLessThanOrEqual(125);
    rate.start(125);
    expect(rate.next).toBeLessThanOrEqual(125);
  });

  test('takes what came before its time for a burst', () => {
    expect(startsAt(new Rate(rule, 0), everyMs(0, 100))).toEqual([0, 25, 50, 75]);
  });

  test('never lets more through than its limit, in whatever window one looks', () => {
    const instants = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 200 });
    const rules = fc.record({
      limit: fc.integer({ min: 1, max: 6 }),
      perMs: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(rules, instants, fc.integer({ min: -500, max: 0 }), (given, gaps, since) => {
        let now = 0;
        const asked = gaps.map((gap) => (now += gap > 30 ? gap * 5 : gap % 4));
        const starts = startsAt(new Rate(given, since), asked);
        for (const from of starts) {
          const within = starts.filter((start) => start >= from && start < from + given.perMs);
          expect(within.length).toBeLessThanOrEqual(given.limit);
        }
      }),
      { numRuns: 10_000 },
    );
  });

  test('holds nobody back for longer than its time', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 50 });
    fc.assert(
      fc.property(gaps, (each) => {
        const rate = new Rate(rule, 0);
        let now = 0;
        for (const gap of each) {
          now += gap;
          rate.advance(now);
          expect(rate.next).toBeLessThanOrEqual(now + rule.perMs);
          if (rate.next <= now) rate.start(now);
        }
      }),
    );
  });
});
