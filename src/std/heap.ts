/**
 * A binary heap: its least item is at hand, and coming and going costs the logarithm of its size.
 * Items that `compare` takes for equal leave in no particular order.
 */
export class Heap<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #items: T[] = [];

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The least item; undefined where there is none. */
  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    let at = this.#items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.#compare(this.#at(above), item) <= 0) break;
      this.#items[at] = this.#at(above);
      at = above;
    }
    this.#items[at] = item;
  }

  /** Takes the least item out; undefined where there is none. */
  pop(): T | undefined {
    const least = this.#items[0];
    const last = this.#items.pop();
    if (this.#items.length > 0) this.#sink(last as T);
    return least;
  }

  /** Puts an item in the place of the first, and as far below it as it has to go. */
  #sink(item: T): void {
    let at = 0;
    for (;;) {
      const below = this.#lesserChild(at);
      if (below >= this.#items.length || this.#compare(item, this.#at(below)) <= 0) break;
      this.#items[at] = this.#at(below);
      at = below;
    }
    this.#items[at] = item;
  }

  /** Where the lesser of two children stands: beyond the end where there is none. */
  #lesserChild(at: number): number {
    const left = 2 * at + 1;
    const right = left + 1;
    if (right >= this.#items.length) return left;
    return this.#compare(this.#at(right), this.#at(left)) < 0 ? right : left;
  }

  /** The item at a place that is known to be taken. */
  #at(place: number): T {
    return this.#items[place] as T;
  }
}
