import type { Clock } from '../std/clock.ts';

const WINDOW_MS = 60_000;
/** How many addresses are remembered; the oldest is forgotten for a new one. */
const ADDRESSES_MAX = 1_024;

interface Count {
  readonly until: number;
  tries: number;
}

/**
 * Counts wrong tokens by address.
 *
 * Only wrong tokens are held back. The right one always passes: on one machine all clients share an
 * address, and an agent with an old token must not lock its owner out.
 */
export class WrongTokens {
  readonly #clock: Clock;
  readonly #triesMax: number;
  readonly #counts = new Map<string, Count>();

  constructor(clock: Clock, triesMax: number) {
    this.#clock = clock;
    this.#triesMax = triesMax;
  }

  /** Counts one more; returns how long the address must wait, 0 while it may try again. */
  note(address: string): number {
    const now = this.#clock.monotonic();
    const count = this.#current(address, now);
    count.tries++;
    return count.tries > this.#triesMax ? count.until - now : 0;
  }

  #current(address: string, now: number): Count {
    const known = this.#counts.get(address);
    if (known !== undefined && known.until > now) return known;
    this.#counts.delete(address);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size >= ADDRESSES_MAX && oldest !== undefined) this.#counts.delete(oldest);
    const count = { until: now + WINDOW_MS, tries: 0 };
    this.#counts.set(address, count);
    return count;
  }
}
