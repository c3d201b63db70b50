import type { LogRecord, RecordDraft } from './contract.ts';
import type { DueQuery, EntityQuery } from './queries.ts';

/**
 * Begins a stream of its own that is no run, or continues one if it still stands where the caller
 * believes: of two who continue the same one, the first does.
 */
export interface EntityWrite {
  readonly kind: 'entity';
  /** The seq of its first record; null where this is the first. */
  readonly entity: number | null;
  /** The seq of its last record, as the caller knows it; null for the first. */
  readonly expectedVersion: number | null;
  readonly record: RecordDraft;
  readonly row: EntityColumns;
}

/** What streams that are no runs are about. */
export type EntityKind = 'proposal' | 'incident' | 'notification';

/** What a row of an entity holds, folded from its records: control state only. */
export interface EntityColumns {
  readonly kind: EntityKind;
  /** As its kind calls it. */
  readonly state: string;
  /** The run that it belongs to; null where it belongs to none. Never changes. */
  readonly run: number | null;
  /** When it wants attention, in engine time; null where it does not. */
  readonly due: number | null;
  /** When it ended; null while it is open. */
  readonly ended: number | null;
  /** The rest of its state as JSON. */
  readonly data: string;
}

export interface EntityRow extends EntityColumns {
  readonly id: number;
  /** The seq of its last record. */
  readonly version: number;
}

/** How the rows of one kind are made of the log. */
export interface EntityFold {
  readonly kind: EntityKind;
  /** The row behind one more record of a stream; undefined for a record of anything else. */
  readonly fold: (
    before: EntityColumns | undefined,
    record: LogRecord,
  ) => EntityColumns | undefined;
}

/** How a store is asked for them. */
export interface EntityReads {
  /** The row of an entity, by the seq of its first record. */
  entity(id: number): Promise<EntityRow | undefined>;
  /** Entities, newest first. */
  entities(query: EntityQuery): Promise<EntityRow[]>;
  /** Entities that want attention by then, in the order of their due times. */
  dueEntities(query: DueQuery): Promise<EntityRow[]>;
}
