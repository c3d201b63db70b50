/** At most `limit` starts in any `perMs`. */
export interface RateRule {
  readonly limit: number;
  readonly perMs: number;
}

/**
 * When starts may come so that no time of `perMs`, wherever it begins, sees more than `limit`.
 *
 * As many may come at once; once they have, those that follow are spread evenly, until nothing
 * came for so long that a burst is due again. A leaky bucket (GCRA) spreads as well, and lets
 * nearly twice the limit through in the time behind a burst; so the starts themselves are kept.
 */
export class Rate {
  readonly #rule: RateRule;
  /** Those of the last `perMs`, oldest first: never more than the limit. */
  #starts: number[] = [];
  #last: number;
  #spread = true;

  /** Starts before `since` are not known: it takes them for a burst that has just passed. */
  constructor(rule: RateRule, since: number) {
    this.#rule = rule;
    this.#last = since - this.#gap;
  }

  /** Whether it keeps this rule. */
  hasRule({ limit, perMs }: RateRule): boolean {
    return this.#rule.limit === limit && this.#rule.perMs === perMs;
  }

  /** The earliest time of the next start; it may lie in the past. */
  get next(): number {
    const { limit, perMs } = this.#rule;
    const [oldest] = this.#starts;
    const full = this.#starts.length >= limit && oldest !== undefined ? oldest + perMs : 0;
    return this.#spread ? Math.max(full, this.#last + this.#gap) : full;
  }

  /** Whether it knows of no start, so that a new one `since` then would be the same. */
  isNew(since: number): boolean {
    return this.#starts.length === 0 && this.#last === since - this.#gap;
  }

  /** From when on it knows nothing that a new one would not know. */
  get forgotten(): number {
    return this.#last + this.#rule.perMs + this.#gap;
  }

  /** Time has passed. */
  advance(now: number): void {
    const { perMs } = this.#rule;
    if (now >= this.forgotten) this.#spread = false;
    const kept = this.#starts.findIndex((start) => start + perMs > now);
    if (kept === 0) return;
    this.#starts = kept < 0 ? [] : this.#starts.slice(kept);
  }

  /** One has started now. */
  start(now: number): void {
    this.advance(now);
    this.#starts.push(now);
    this.#last = now;
    if (this.#starts.length >= this.#rule.limit) this.#spread = true;
  }

  get #gap(): number {
    return this.#rule.perMs / this.#rule.limit;
  }
}
