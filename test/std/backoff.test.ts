import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { backoff } from '../../src/std/backoff.ts';

const policy = { delayMs: 1_000, factor: 2, delayMsMax: 60_000 };
/** The largest draw there is. */
const ALMOST_ONE = 1 - Number.EPSILON;

describe('backoff', () => {
  test('the first delay is the policy’s, and each further one longer by the factor', () => {
    const delays = [1, 2, 3, 4].map((failed) => backoff(policy, failed, () => ALMOST_ONE));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  test('an attempt that was never made counts as the first', () => {
    expect(backoff(policy, 0, () => ALMOST_ONE)).toBe(1_000);
  });

  test('the most unlucky draw leaves a tenth of the delay', () => {
    expect(backoff(policy, 3, () => 0)).toBe(400);
  });

  test('a delay of zero stays zero after any number of failures', () => {
    expect(backoff({ ...policy, delayMs: 0 }, 5_000, () => 0.5)).toBe(0);
  });

  test('every delay lies between a tenth of its ceiling and the ceiling', () => {
    const policies = fc.record({
      delayMs: fc.nat(1_000_000),
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      delayMsMax: fc.nat(10_000_000),
    });
    const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(policies, fc.nat(10_000), draws, (any, failed, draw) => {
        const delay = backoff(any, failed, () => draw);
        const exponent = Math.max(0, failed - 1);
        const ceiling = any.delayMs === 0 ? 0 : any.delayMs * any.factor ** exponent;
        const bound = Math.min(ceiling, any.delayMsMax);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(bound * 0.1));
        expect(delay).toBeLessThanOrEqual(Math.ceil(bound));
      }),
    );
  });
});
