import type { Distribution, Labels } from './family.ts';

/** Upper bounds in seconds: from what a commit takes to what a person notices. */
export const SECONDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

/** Counts how often something took up to so long. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[] = SECONDS) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** One more observation; one that is negative, as clocks may make it, counts as none at all. */
  observe(value: number): void {
    const seen = Math.max(0, value);
    let bucket = 0;
    while (bucket < this.#bounds.length && seen > (this.#bounds[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += seen;
  }

  /** All that was observed so far. */
  distribution(labels: Labels = {}): Distribution {
    return { labels, bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }

  /** The mean of what was observed; null before there is any. */
  get mean(): number | null {
    const count = this.#counts.reduce((sum, added) => sum + added, 0);
    return count === 0 ? null : this.#sum / count;
  }
}
