import type { EntityRow, EntityWrite } from '../../../src/store/entity.ts';
import type { DueQuery, EntityQuery } from '../../../src/store/queries.ts';

/** The entities of a store that keeps all it has in memory. */
export class ModelEntities {
  readonly #rows = new Map<number, EntityRow>();

  get(id: number): EntityRow | undefined {
    return this.#rows.get(id);
  }

  /** Whether a write finds its entity as it expects it. */
  fits({ entity, expectedVersion }: EntityWrite): boolean {
    return entity === null || this.#rows.get(entity)?.version === expectedVersion;
  }

  write(write: EntityWrite, seq: number): void {
    const id = write.entity ?? seq;
    // To what it belongs is said once.
    const { kind, run } = this.#rows.get(id) ?? write.row;
    this.#rows.set(id, { ...write.row, kind, run, id, version: seq });
  }

  list(query: EntityQuery): EntityRow[] {
    const { before = Number.POSITIVE_INFINITY, kind, state, open, run } = query;
    const found = [...this.#rows.values()].filter((row) => {
      return (
        row.id < before &&
        row.kind === kind &&
        (state === undefined || row.state === state) &&
        (open !== true || row.ended === null) &&
        (run === undefined || row.run === run)
      );
    });
    return found.toSorted((a, b) => b.id - a.id).slice(0, query.limit);
  }

  due({ kind, now, limit }: DueQuery): EntityRow[] {
    return [...this.#rows.values()]
      .filter((row) => row.kind === kind && row.due !== null && row.due <= now)
      .toSorted((a, b) => (a.due ?? 0) - (b.due ?? 0) || a.id - b.id)
      .slice(0, limit);
  }
}
