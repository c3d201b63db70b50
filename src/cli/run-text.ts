import { formatDuration } from '../std/duration.ts';
import { escapeText } from '../std/escape.ts';
import type { RunView, StepState } from '../views/run-view.ts';
import type { ShownState } from '../views/shown-state.ts';
import type { Tone } from './table.ts';

/** One line about a run: `run sb…-5 of flow greet: succeeded after 120 ms`. */
export function runSentence({ id, flow, state, started, ended, reason }: RunView): string {
  const took = ended === null ? '' : ` after ${formatDuration(between(started, ended))}`;
  const isTold = TOLD.has(state) && reason !== null;
  const why = isTold ? `: ${escapeText(reason)}` : '';
  return `run ${id} of flow ${escapeText(flow)}: ${state}${took}${why}`;
}

/** Of these the reason is what matters. */
const TOLD: ReadonlySet<ShownState> = new Set<ShownState>([
  'failed',
  'compensated',
  'compensation_stuck',
]);

/** The milliseconds between two times in ISO 8601. */
export function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

/** How long something took that may not have begun or ended; empty where it did not. */
export function formatSpan(started: string | null, ended: string | null): string {
  return started === null || ended === null ? '' : formatDuration(between(started, ended));
}

/** The colour that a state of a run or a step is shown in. */
export function toneOf(state: ShownState | StepState): Tone {
  switch (state) {
    case 'succeeded':
      return 'good';
    case 'failed':
    case 'unknown':
    case 'compensation_stuck':
      return 'bad';
    case 'compensating':
    case 'running':
    case 'retrying':
      return 'busy';
    case 'queued':
    case 'waiting':
    case 'proposed':
    case 'paused':
      return 'plain';
    case 'noop':
    case 'declined':
    case 'cancelled':
    case 'compensated':
    case 'skipped':
    case 'pending':
      return 'dim';
  }
}
