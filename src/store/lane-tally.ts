import type { OpenState } from './run-state.ts';

/** What stands in one lane. */
export interface LaneRow {
  readonly lane: string;
  /** Open runs by state. */
  readonly open: OpenRuns;
  /** The earliest due times of its runs that are queued, and that wait; null where none has one. */
  readonly due: { readonly queued: number | null; readonly waiting: number | null };
}

export type OpenRuns = Readonly<Record<OpenState, number>>;

/** How many runs of a flow are open that are pinned to one catalog. */
export interface OpenRunsOfFlow {
  readonly flow: string;
  readonly catalog: string;
  readonly runs: number;
}
