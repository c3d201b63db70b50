// @ts-check

/** Counts what happens, and lets others wait until it has happened so many times. */
export class Counter {
  count = 0;
  /** @type {{ target: number; resolve: () => void }[]} */
  #waiting = [];

  /** @param {number} [more] */
  add(more = 1) {
    this.count += more;
    if (this.#waiting.length === 0) return;
    const reached = this.#waiting.filter(({ target }) => target <= this.count);
    if (reached.length === 0) return;
    this.#waiting = this.#waiting.filter(({ target }) => target > this.count);
    for (const { resolve } of reached) resolve();
  }

  /**
   * Resolves when `count` is at least `target`.
   *
   * @param {number} target
   * @returns {Promise<void>}
   */
  reaches(target) {
    if (this.count >= target) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ target, resolve });
    });
  }
}
