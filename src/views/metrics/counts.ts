/** Counts by a key of one or two words. */
export class Counts {
  readonly #counts = new Map<string, number>();

  add(key: string, by = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  get(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  [Symbol.iterator](): Iterator<[string, number]> {
    return this.#counts.entries();
  }
}

/** How many names are told apart; those that come later are counted as `other`. */
const NAMES_MAX = 10_000;
const OTHER = 'other';

/** Keeps the names of a label to a number that whoever collects metrics can bear. */
export class LabelNames {
  readonly #known = new Set<string>();

  /** The name itself, or `other` where there are too many already. */
  of(name: string): string {
    if (this.#known.has(name)) return name;
    if (this.#known.size >= NAMES_MAX) return OTHER;
    this.#known.add(name);
    return name;
  }
}
