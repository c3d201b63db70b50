import { isUndoing } from '../runs/position.ts';
import type { RunRow, RunState } from '../store/contract.ts';

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
