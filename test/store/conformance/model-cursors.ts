import type { CursorRow, CursorWrite } from '../../../src/store/contract.ts';
import type { CursorQuery } from '../../../src/store/queries.ts';

/** What sources remember, in a map of maps. */
export class ModelCursors {
  readonly #rows = new Map<string, Map<string, CursorRow>>();

  write({ source, key, value }: CursorWrite): void {
    const known = this.#rows.get(source) ?? new Map<string, CursorRow>();
    this.#rows.set(source, known);
    if (value === null) known.delete(key);
    else known.set(key, { key, value });
  }

  read({ source, limit, after }: CursorQuery): CursorRow[] {
    return [...(this.#rows.get(source)?.values() ?? [])]
      .filter(({ key }) => after === undefined || compareTexts(key, after) > 0)
      .toSorted((a, b) => compareTexts(a.key, b.key))
      .slice(0, limit);
  }
}

/** By code point, as UTF-8 sorts; JavaScript's own order is that of UTF-16. */
function compareTexts(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
