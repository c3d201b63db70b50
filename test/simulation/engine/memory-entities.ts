import type { EntityRow, EntityWrite } from '../../../src/store/contract.ts';
import type { DueQuery, EntityQuery } from '../../../src/store/queries.ts';

/** The rows of streams that are no runs, in their plainest form. */
export class ModelEntities {
  readonly #rows = new Map<number, EntityRow>();

  /** Whether a write finds its entity as it believes. */
  fits({ entity, expectedVersion }: EntityWrite): boolean {
    return entity === null || this.#rows.get(entity)?.version === expectedVersion;
  }

  write({ entity, row }: EntityWrite, seq: number): void {
    const id = entity ?? seq;
    // To what it belongs is said once.
    const { kind, run } = this.#rows.get(id) ?? row;
    this.#rows.set(id, { ...row, kind, run, id, version: seq });
  }

  entity(id: number): EntityRow | undefined {
    return this.#rows.get(id);
  }

  entities(query: EntityQuery): EntityRow[] {
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
