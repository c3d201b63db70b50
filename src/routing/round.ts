import type { Newborn } from '../runs/runner.ts';
import type { Write } from '../store/contract.ts';
import type { Counting } from './tally.ts';
import type { Stage } from './windows.ts';

/** How far the log is routed, and what was counted on the way. */
export interface Place {
  readonly at: number;
  /** The checkpoint that stands in the store: `at`, or a little before it. */
  readonly recorded: number;
  readonly tally: Counting;
}

/** A run that the next commit will bear. */
export interface Expected {
  /** Its write's place in the unit. */
  readonly place: number;
  readonly newborn: Omit<Newborn, 'id'>;
}

/** What the router has decided and not yet recorded. */
export interface Round {
  /** The place that was recorded before. */
  readonly from: number;
  /** Whether another commit was under way then, so that this one can only follow it. */
  readonly chained: boolean;
  readonly writes: Write[];
  readonly expected: Expected[];
  readonly tally: Counting;
  /** What becomes of the open windows. */
  readonly stage: Stage;
  /** When it is planned, in engine time. */
  received: number;
  /** Until when the router has watched, where that is not known to be until then. */
  watched?: number | undefined;
  to: number;
  /** Whether nothing waits for a slot in the log any more: what finds none is queued. */
  queued: boolean;
  /** Lanes that have a run too many, whose oldest one is to make way. */
  readonly replacing: Set<string>;
  /** Characters of data that hooks amended, in the records of runs. */
  amended: number;
  /** The event for which slots were waited for. */
  waited: number;
}

/** A round that begins behind what is planned; `chained` where commits are under way. */
export function newRound(
  { at, recorded, tally }: Place,
  { chained, stage }: Pick<Round, 'chained' | 'stage'>,
): Round {
  return {
    from: recorded,
    chained,
    writes: [],
    expected: [],
    tally: { ...tally },
    stage,
    received: 0,
    to: at,
    queued: false,
    replacing: new Set(),
    amended: 0,
    waited: 0,
  };
}
