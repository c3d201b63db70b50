/** A part of a list, and where the next one begins; null where this is the last. */
export interface Page<Item, Place> {
  readonly items: readonly Item[];
  readonly next: Place | null;
}

/** Items that are asked for at once. */
const PAGE_LIMIT = 1_000;

/**
 * The first items of a list, at most `limit` of them, page by page. `read` is given how many are
 * still wanted, and where its page begins: undefined at first.
 */
export async function collect<Item, Place>(
  limit: number,
  read: (size: number, from: Place | undefined) => Promise<Page<Item, Place>>,
): Promise<Item[]> {
  const found: Item[] = [];
  let from: Place | undefined;
  while (found.length < limit) {
    const { items, next } = await read(Math.min(PAGE_LIMIT, limit - found.length), from);
    found.push(...items);
    if (next === null) break;
    from = next;
  }
  return found.slice(0, limit);
}
