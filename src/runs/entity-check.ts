import type { LogRecord, Store } from '../store/contract.ts';
import type { EntityColumns, EntityFold, EntityKind, EntityRow } from '../store/entity.ts';

/** A field of an entity's row that is not what the log makes of it. */
export interface EntityDifference {
  readonly entity: EntityKind;
  readonly id: number;
  readonly field: string;
  readonly row: string;
  readonly folded: string;
}

interface Folded {
  readonly columns: EntityColumns;
  readonly version: number;
}

const PAGE = 1_000;

/** Folds the entities of one kind again, and compares their rows. */
export class EntityCheck {
  readonly #store: Pick<Store, 'entity' | 'entities'>;
  readonly #fold: EntityFold;
  readonly #report: (found: EntityDifference) => void;
  /** All that the log knows of. */
  readonly #ids = new Set<number>();
  readonly #open = new Map<number, Folded>();
  #ended = new Map<number, Folded>();

  constructor(
    store: Pick<Store, 'entity' | 'entities'>,
    fold: EntityFold,
    report: (found: EntityDifference) => void,
  ) {
    this.#store = store;
    this.#fold = fold;
    this.#report = report;
  }

  /** Takes in a record; those of anything else are passed over. */
  fold(record: LogRecord): void {
    const { stream: id, seq: version } = record;
    if (id === null) return;
    const before = this.#open.get(id) ?? this.#ended.get(id);
    const columns = this.#fold.fold(before?.columns, record);
    if (columns === undefined) return;
    this.#ids.add(id);
    const [to, from] =
      columns.ended === null ? [this.#open, this.#ended] : [this.#ended, this.#open];
    from.delete(id);
    to.set(id, { columns, version });
  }

  /** Compares what has come to an end, and lets go of it. */
  async comparePage(): Promise<void> {
    const ended = [...this.#ended];
    this.#ended = new Map();
    for (const [id, folded] of ended) {
      const row = await this.#store.entity(id);
      // One that went on after its end is compared where it stands in the end.
      if (row === undefined || row.version <= folded.version) this.#compare(id, row, folded);
      else this.#open.set(id, folded);
    }
  }

  /** Compares all that is left, and finds rows that the log knows nothing of. */
  async finish(head: number): Promise<void> {
    for (const [id, folded] of this.#open) {
      const row = await this.#store.entity(id);
      // A row that has moved on since the reading began is newer than the fold, not wrong.
      if (row === undefined || row.version <= head) this.#compare(id, row, folded);
    }
    const { kind } = this.#fold;
    for (let before = head + 1; ;) {
      const page = await this.#store.entities({ kind, limit: PAGE, before });
      for (const { id } of page) {
        if (!this.#ids.has(id)) this.#differs(id, 'id', { row: id, folded: undefined });
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      before = last.id;
    }
  }

  #compare(id: number, row: EntityRow | undefined, { columns, version }: Folded): void {
    const expected: Record<string, unknown> = { ...columns, id, version };
    const found: Record<string, unknown> = { ...row };
    for (const [field, folded] of Object.entries(expected)) {
      if (found[field] !== folded) this.#differs(id, field, { row: found[field], folded });
    }
  }

  #differs(
    id: number,
    field: string,
    { row, folded }: { readonly row: unknown; readonly folded: unknown },
  ): void {
    const { kind: entity } = this.#fold;
    this.#report({ entity, id, field, row: String(row), folded: String(folded) });
  }
}
