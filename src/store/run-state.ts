/** The states of a run that a store tells apart. */
export type RunState = OpenState | EndState;

export type OpenState = 'queued' | 'running' | 'waiting' | 'paused';
export type EndState = (typeof END_STATES)[number];

export const OPEN_STATES: readonly OpenState[] = ['queued', 'running', 'waiting', 'paused'];
export const END_STATES = [
  'succeeded',
  'failed',
  'noop',
  'declined',
  'cancelled',
  'compensated',
  'compensation_stuck',
] as const;
