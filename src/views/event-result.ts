import type { Json } from '../std/json.ts';
import type { RunView } from './run-view.ts';
import type { ShownState } from './shown-state.ts';

/** What came of one event, in the words of seed 003's `EventResult`. */
export interface EventResult {
  readonly event_id: string;
  /** Whether something answered the event, and all of it ended well. */
  readonly success: boolean;
  /** Each step that was done, as `FLOW/STEP`, in the order of the runs. */
  readonly actions_taken: readonly string[];
  /** What the last step gave that was done; null where there is none. */
  readonly output: Json;
  /** Why it is no success; null where it is one. */
  readonly error: string | null;
}

/** What is known of an event whose runs have ended. */
export interface EventOutcome {
  readonly id: string;
  readonly runs: readonly RunView[];
  /** Why some flow did not take the event, a sentence each. */
  readonly refusals: readonly string[];
  /** What is said where nothing answered it. */
  readonly silence: string;
}

/** How a run ends that has done what it was to do, or found nothing to do. */
const SUCCESSES: ReadonlySet<ShownState> = new Set<ShownState>(['succeeded', 'noop']);

/** Whether a run in this state has ended well. */
export function endedWell({ state }: Pick<RunView, 'state'>): boolean {
  return SUCCESSES.has(state);
}

/** The result of one event or of several that are one to whoever asked. */
export function eventResult(outcomes: readonly EventOutcome[]): EventResult {
  const runs = outcomes.flatMap((outcome) => outcome.runs);
  const done = runs.flatMap(({ flow, steps }) =>
    steps.filter(({ state }) => state === 'succeeded').map((step) => ({ flow, step })),
  );
  const errors = outcomes.flatMap(errorsOf);
  return {
    event_id: outcomes[0]?.id ?? '',
    success: errors.length === 0 && runs.length > 0,
    actions_taken: done.map(({ flow, step }) => `${flow}/${step.id}`),
    output: done.at(-1)?.step.output ?? null,
    error: errors.length === 0 ? null : errors.join(' '),
  };
}

function errorsOf({ runs, refusals, silence }: EventOutcome): readonly string[] {
  if (runs.length + refusals.length === 0) return [silence];
  const failed = runs.filter((run) => !endedWell(run));
  return [...refusals, ...failed.map(failureSentence)];
}

function failureSentence({ flow, state, reason }: RunView): string {
  const sentence = `${flow} ${state}${reason === null ? '' : `: ${reason}`}`;
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}
