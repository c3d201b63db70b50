import type { Key } from './key.ts';

/** Kinds of patterns over time that have windows; `any` needs none, each event starts a run. */
export type PatternKind = 'sequence' | 'all' | 'count' | 'absent';

/** What is known of a pattern without its conditions: an open window keeps it, as JSON. */
export interface PatternShape {
  /** A digest of all that was written: a pattern that was changed is another one. */
  readonly id: string;
  readonly kind: PatternKind;
  /** All events of one match were received within less than this. */
  readonly withinMs: number;
  /** How many events `count` waits for; of the other kinds, how many members there are. */
  readonly count: number;
  /** What its members are called, in their order; of `absent`, `after` and then what is absent. */
  readonly members: readonly PatternMember[];
}

export interface PatternMember {
  /** The type of its events, or what types begin with. */
  readonly type: string;
  /** The name under which the run finds its event, as `members.NAME`. */
  readonly as?: string | undefined;
}

/** Events that start one run together, by when they come and in which order. */
export interface TimePattern extends PatternShape {
  /** Events with another key are in another window. */
  readonly key?: Key | undefined;
}

/** That a trigger is one member of a pattern. */
export interface PatternPlace {
  readonly pattern: TimePattern;
  /** Which member: its place in `members`. */
  readonly place: number;
}

/** The place of the event that opens a window of `absent`, and of the one that answers it. */
export const AFTER = 0;
export const ABSENT = 1;
