import {
  type LaneRow,
  OPEN_STATES,
  type OpenRuns,
  type OpenState,
  type RunState,
} from './contract.ts';

/** Runs of one lane and state that stand in one of the two indexes of open runs. */
export interface LaneTally {
  readonly lane: string;
  /** One of a later version, which is not known here, is not counted. */
  readonly state: RunState;
  readonly count: number;
  /** The earliest of their due times; null where none has one. */
  readonly due: number | null;
}

interface MutableLane {
  readonly lane: string;
  readonly open: Record<keyof OpenRuns, number>;
  readonly due: Record<keyof LaneRow['due'], number | null>;
}

/** The lanes of which there are tallies: of each lane, state and index, one. */
export function laneRows(tallies: Iterable<LaneTally>): LaneRow[] {
  const lanes = new Map<string, MutableLane>();
  for (const { lane, state, count, due } of tallies) {
    if (!isOpen(state)) continue;
    let row = lanes.get(lane);
    if (row === undefined) lanes.set(lane, (row = emptyLane(lane)));
    row.open[state] += count;
    if (due !== null && (state === 'queued' || state === 'waiting')) row.due[state] = due;
  }
  return [...lanes.values()];
}

/** Whether a run of this state has not ended. */
export function isOpen(state: RunState): state is OpenState {
  return OPEN_STATES.some((open) => open === state);
}

function emptyLane(lane: string): MutableLane {
  const open = { queued: 0, running: 0, waiting: 0, paused: 0 };
  return { lane, open, due: { queued: null, waiting: null } };
}
