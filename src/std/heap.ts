/**
 * Items in an order that may change: the first is at hand, and every change costs the logarithm of
 * how many there are. An item is in it once, known by its identity.
 */
export class Heap<T> {
  readonly #before: (a: T, b: T) => boolean;
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();

  /** `before` says whether the first of two items comes before the other. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The item that comes before all others; undefined where there is none. */
  get first(): T | undefined {
    return this.#items[0];
  }

  has(item: T): boolean {
    return this.#places.has(item);
  }

  /** All of them, in no order that means anything. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.values();
  }

  /** Takes the item in, or finds its place anew after what it is ordered by has changed. */
  put(item: T): void {
    const place = this.#places.get(item) ?? this.#items.length;
    this.#set(item, place);
    this.#sink(item, this.#rise(item, place));
  }

  clear(): void {
    this.#items.length = 0;
    this.#places.clear();
  }

  /** False where it is not there. */
  delete(item: T): boolean {
    const place = this.#places.get(item);
    if (place === undefined) return false;
    this.#places.delete(item);
    const last = this.#items.pop();
    if (last === undefined || last === item) return true;
    this.#set(last, place);
    this.#sink(last, this.#rise(last, place));
    return true;
  }

  #rise(item: T, from: number): number {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above];
      if (parent === undefined || !this.#before(item, parent)) break;
      this.#set(parent, place);
      this.#set(item, above);
      place = above;
    }
    return place;
  }

  #sink(item: T, from: number): void {
    let place = from;
    for (;;) {
      const below = this.#lesserChild(place);
      const child = this.#items[below];
      if (child === undefined || !this.#before(child, item)) return;
      this.#set(child, place);
      this.#set(item, below);
      place = below;
    }
  }

  #lesserChild(place: number): number {
    const left = 2 * place + 1;
    const [a, b] = [this.#items[left], this.#items[left + 1]];
    return a !== undefined && b !== undefined && this.#before(b, a) ? left + 1 : left;
  }

  #set(item: T, place: number): void {
    this.#items[place] = item;
    this.#places.set(item, place);
  }
}
