import type { Random } from './random.ts';

export interface Backoff {
  readonly delayMs: number;
  readonly factor: number;
  readonly delayMsMax: number;
}

/** The least part of the computed delay that full jitter may leave, so that no retry is immediate. */
const FLOOR = 0.1;

/**
 * The delay before attempt `failed + 1`: exponential with full jitter and a floor.
 *
 * Full jitter spreads a herd best (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
 * Blog, 2015); the floor keeps an unlucky draw from repeating at once.
 */
export function backoff(policy: Backoff, failed: number, random: Random): number {
  const ceiling = Math.min(policy.delayMs * policy.factor ** Math.max(0, failed - 1), policy.delayMsMax);
  return Math.round(ceiling * FLOOR + random() * ceiling * (1 - FLOOR));
}
