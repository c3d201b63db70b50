import type { RunState } from '../contract.ts';

/** States as the numbers that the store keeps: open ones below 16, with room for more. */
export const STATE_NUMBERS: Readonly<Record<RunState, number>> = {
  queued: 0,
  running: 1,
  waiting: 2,
  paused: 3,
  succeeded: 16,
  failed: 17,
  noop: 18,
  declined: 19,
  cancelled: 20,
  compensated: 21,
  compensation_stuck: 22,
};

const STATES: ReadonlyMap<number, RunState> = new Map(
  Object.entries(STATE_NUMBERS).map(([state, number]) => [number, state as RunState]),
);

/**
 * The conditions of the two partial indexes of open runs, word for word, since SQLite infers them
 * from no others: `runs_due` holds those that somebody takes up when their time comes, `runs_held`
 * those that are under way, paused, or wait for something that has no time.
 */
export const DUE = 'state IN (0, 2) AND due IS NOT NULL';
export const HELD = 'state < 16 AND (state IN (1, 3) OR due IS NULL)';

/** The state that a number stands for. One that is not known is no success. */
export function stateOf(number: number): RunState {
  return STATES.get(number) ?? 'failed';
}
