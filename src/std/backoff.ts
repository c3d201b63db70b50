import type { Random } from './random.ts';

/** How the delays between attempts grow: `delayMs` first, then `factor` times as long each. */
export interface Backoff {
  readonly delayMs: number;
  readonly factor: number;
  /** No delay is longer than this. */
  readonly delayMsMax: number;
}

/** The least part of a delay that full jitter may leave, so that no retry is immediate. */
const FLOOR = 0.1;

/**
 * The delay in milliseconds after `failed` failed attempts: exponential, with full jitter and a
 * floor.
 *
 * Full jitter spreads a herd best (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
 * Blog, 2015); the floor keeps an unlucky draw from repeating at once.
 */
export function backoff(policy: Backoff, failed: number, random: Random): number {
  // A power beyond all numbers would make a delay of 0 into NaN.
  const growth = Math.min(policy.factor ** Math.max(0, failed - 1), Number.MAX_VALUE);
  const ceiling = Math.min(policy.delayMs * growth, policy.delayMsMax);
  return Math.round(ceiling * FLOOR + random() * ceiling * (1 - FLOOR));
}
