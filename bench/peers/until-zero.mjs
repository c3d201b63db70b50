// @ts-check
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 5;

/**
 * Asks until the answer is 0: for peers that do not say of each job when it is done.
 *
 * @param {() => Promise<number | undefined>} count
 */
export async function untilZero(count) {
  while ((await count()) !== 0) await delay(PAUSE_MS);
}
