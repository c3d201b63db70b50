/** How often flows may do the same to the same thing, and within what time. */
export interface DeedLimit {
  readonly deeds: number;
  readonly perMs: number;
}

/** Things that are remembered; beyond them that one goes to which nothing was done for longest. */
const THINGS_MAX = 10_000;

/**
 * Breaks circles that no chain of causes shows: a source that is restarted for being degraded is
 * degraded again, and nothing says that the one led to the other.
 */
export class DeedBudget {
  readonly #deeds = new Map<string, readonly number[]>();

  /** Counts a deed, by what is done to what; false where it has been done too often. */
  spend(thing: string, { deeds, perMs }: DeedLimit, now: number): boolean {
    const recent = (this.#deeds.get(thing) ?? []).filter((at) => now - at < perMs);
    if (recent.length >= deeds) return false;
    this.#deeds.delete(thing);
    this.#deeds.set(thing, [...recent, now]);
    const [oldest] = this.#deeds.keys();
    if (this.#deeds.size > THINGS_MAX && oldest !== undefined) this.#deeds.delete(oldest);
    return true;
  }
}
