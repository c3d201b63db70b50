/** The states of a run that a store tells apart. */
export type RunState = OpenState | EndState;

export type OpenState = 'queued' | 'running' | 'waiting' | 'paused';
export type EndState = 'succeeded' | 'failed' | 'noop' | 'declined' | 'cancelled';

export const OPEN_STATES: readonly OpenState[] = ['queued', 'running', 'waiting', 'paused'];
export const END_STATES: readonly EndState[] = [
  'succeeded',
  'failed',
  'noop',
  'declined',
  'cancelled',
];
