import { isUndoing } from '../runs/position.ts';
import { END_STATES, OPEN_STATES, type RunRow, type RunState } from '../store/contract.ts';
import type { RunQuery } from '../store/queries.ts';

/** The state of a run as people see it: one that undoes what it did is `compensating`. */
export type ShownState = RunState | 'compensating';

/** The state of a run as people see it. Whether it is paused is more than what it does then. */
export function shownState({
  state,
  at,
  ended,
}: Pick<RunRow, 'state' | 'at' | 'ended'>): ShownState {
  return ended === null && state !== 'paused' && isUndoing(at) ? 'compensating' : state;
}

/** Every state that a run is shown in. */
export const SHOWN_STATES: readonly ShownState[] = [...OPEN_STATES, 'compensating', ...END_STATES];

/** Asks for the runs that are shown in this state. */
export function ofState(state: ShownState | undefined): Pick<RunQuery, 'state' | 'undoing'> {
  if (state === 'compensating') return { undoing: true };
  return state === 'running' || state === 'waiting' ? { state, undoing: false } : { state };
}
