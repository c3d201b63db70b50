import type { LetterKind, LetterState, RunState, WindowRow } from './contract.ts';
import type { EntityKind } from './entity.ts';

/** Types that every start looks for. */
export const RARE_TYPES: readonly string[] = [
  'catalog.activated',
  'event.dead_lettered',
  'flow.paused',
  'flow.resumed',
];

/** Types that the care for the store looks for. */
export const CARE_TYPES: readonly string[] = ['event.erased', 'log.trimmed'];

/** Which records are read. */
export interface LogQuery {
  readonly after: number;
  readonly limit: number;
  /** A type, or a prefix that ends in `*`. Finding the `RARE_TYPES` costs nothing in a long log. */
  readonly type?: string | undefined;
  readonly until?: number | undefined;
  /** Events of no stream that were caused by this one. */
  readonly causation?: number | undefined;
  /** Newest first, from `until` (or the head) down to `after`. */
  readonly newestFirst?: boolean | undefined;
}

/** Which runs are listed. */
export interface RunQuery {
  readonly limit: number;
  /** Runs with a lower id: newest first. */
  readonly before?: number | undefined;
  readonly state?: RunState | undefined;
  /** Only runs that undo what they did and are not held at that, or only others. */
  readonly undoing?: boolean | undefined;
  /** A flow, or what the names of several begin with, which ends in `*`. */
  readonly flow?: string | undefined;
  /** Runs of one chain of causes, by its root. */
  readonly correlation?: string | undefined;
  /** Runs that this event started. */
  readonly event?: number | undefined;
  /** Also those that are a branch of another run. */
  readonly branches?: boolean | undefined;
}

/** What comes in the order of its ids. */
export interface PageQuery {
  readonly limit: number;
  /** Those with a higher id. */
  readonly after?: number | undefined;
}

/** The runs of which run are listed. */
export interface BranchQuery extends PageQuery {
  readonly parent: number;
  /** Only those of this fork. */
  readonly fork?: number | undefined;
}

/** Which runs somebody would take on. */
export interface ClaimQuery {
  readonly lane: string;
  /** Never begun (`queued`), or begun and resting (`waiting`). */
  readonly state: 'queued' | 'waiting';
  /** Due at or before. */
  readonly now: number;
  readonly limit: number;
  /** Where the last page ended. */
  readonly after?: { readonly due: number; readonly id: number } | undefined;
}

/** The open runs of which lanes are listed. */
export interface LanesQuery extends PageQuery {
  readonly lanes: readonly string[];
}

/** Which dead letters are listed. */
export interface LetterQuery {
  readonly limit: number;
  /** Letters with a lower id. */
  readonly before?: number | undefined;
  readonly state?: LetterState | undefined;
  readonly kind?: LetterKind | undefined;
  readonly flow?: string | undefined;
}

/** Which entities are listed. */
export interface EntityQuery {
  readonly kind: EntityKind;
  readonly limit: number;
  /** Entities with a lower id. */
  readonly before?: number | undefined;
  readonly state?: string | undefined;
  /** Only those that have not ended. */
  readonly open?: boolean | undefined;
  /** Only those of this run. */
  readonly run?: number | undefined;
}

/** Which entities want attention. */
export interface DueQuery {
  readonly kind: EntityKind;
  /** Due at or before. */
  readonly now: number;
  readonly limit: number;
}

/** Which of the open windows are read. */
export interface WindowQuery {
  readonly limit: number;
  /** Where the last page ended. */
  readonly after?: Pick<WindowRow, 'flow' | 'key'> | undefined;
}

/** Which of the things that a source remembers are read. */
export interface CursorQuery {
  readonly source: string;
  readonly limit: number;
  /** Only keys behind this one: the last of the page before. */
  readonly after?: string | undefined;
}
