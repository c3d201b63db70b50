/** How many of the latest records are remembered. */
const RECORDS_MAX = 16_384;

/**
 * When the latest records became durable, by the monotonic clock. It takes the same room however
 * long the log is.
 */
export class Arrivals {
  readonly #times = new Float64Array(RECORDS_MAX);
  /** The seq of the first record that was heard of, and of the last. */
  #first = 0;
  #last = 0;

  /** The record at `seq` is durable. They come in the order of the log. */
  note(seq: number, at: number): void {
    if (this.#first === 0) this.#first = seq;
    this.#last = seq;
    this.#times[seq % RECORDS_MAX] = at;
  }

  /**
   * When the record at `seq` became durable. For one that is no longer remembered that is the time
   * of the oldest that is: it waited at least since then. Undefined for what came before us.
   */
  of(seq: number): number | undefined {
    if (this.#first === 0 || seq < this.#first || seq > this.#last) return undefined;
    const oldest = Math.max(this.#first, this.#last - RECORDS_MAX + 1);
    return this.#times[Math.max(seq, oldest) % RECORDS_MAX];
  }
}
