/**
 * What became of the events that the router has seen: folded on its way and kept with its
 * checkpoint.
 */
export interface Tally {
  readonly started: number;
  readonly filtered: number;
  readonly unmatched: number;
  readonly coalesced: number;
  /** Events that open patterns have: they wait for what becomes of these. */
  readonly held: number;
  readonly dropped: number;
  readonly dead_lettered: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly noop: number;
  readonly declined: number;
  readonly cancelled: number;
  /** Whose steps were all undone, and those of which one could not be. */
  readonly compensated: number;
  readonly compensation_stuck: number;
  /** Runs that other runs called: no event was matched for them. */
  readonly called: number;
}

/** What there is before the first event. */
export const NO_TALLY: Tally = {
  started: 0,
  filtered: 0,
  unmatched: 0,
  coalesced: 0,
  held: 0,
  dropped: 0,
  dead_lettered: 0,
  succeeded: 0,
  failed: 0,
  noop: 0,
  declined: 0,
  cancelled: 0,
  compensated: 0,
  compensation_stuck: 0,
  called: 0,
};

export type TallyTerm = keyof Tally;

/** A tally while it is being counted. */
export type Counting = { -readonly [Term in TallyTerm]: number };

/** What a router's checkpoint holds beside its place. */
interface RouterState extends Partial<Tally> {
  /** Until when somebody watched for what is to stay away, in engine time; where anybody did. */
  readonly watched?: number;
}

/** Reads a checkpoint's state; what is not there counts as nothing. */
export function decodeTally(state: string): Counting {
  const { watched: _, ...tally } = JSON.parse(state) as RouterState;
  return { ...NO_TALLY, ...tally };
}

/** Until when the router had watched; undefined where it had nothing to watch for. */
export function decodeWatched(state: string): number | undefined {
  return (JSON.parse(state) as RouterState).watched;
}

/** The state of a router's checkpoint. */
export function encodeTally(tally: Tally, watched: number | undefined): string {
  return JSON.stringify({ ...tally, watched });
}
