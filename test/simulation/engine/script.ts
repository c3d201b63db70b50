import type { Effect } from '../../../src/flows/flow.ts';

/** What comes of one call of a step. */
export type Outcome =
  /** It happens, and says so. */
  | 'done'
  /** It happens after some seconds, unless it is told to end. */
  | 'slow'
  /** It does not happen, and says so; another time it may. */
  | 'refused'
  /** As `refused`, and says when to come back. */
  | 'refused-until'
  /** It happens, and the answer is lost. */
  | 'unanswered'
  /** It throws before anything happens. */
  | 'throws'
  /** It fails, and says that it always will. */
  | 'fails'
  /** It throws what says that it always will. */
  | 'throws-terminal'
  /** It may happen or not, never answers, and does not listen. */
  | 'hangs'
  /** Nothing happens until it is told to end, and then it throws. */
  | 'stalls'
  /** The daemon dies of it. */
  | 'kills';

/** What the target says when it is asked whether the step happened. */
export type Answer = 'truth' | 'unclear' | 'unreachable';

export interface StepScript {
  readonly id: string;
  readonly kind: 'act' | 'sleep' | 'emit';
  readonly effect: Effect;
  readonly attempts: number;
  readonly delayMs: number;
  readonly timeoutMs: number;
  /** Of the first call, the second and so on; the last is that of all later ones. */
  readonly outcomes: readonly Outcome[];
  readonly answers: readonly Answer[];
  readonly sleepMs: number;
  readonly emits: readonly string[];
  /** The step is passed over where the event's number is no such one. */
  readonly guard?: 'odd' | 'even';
  /** Whether the run goes on where the step has failed for good. */
  readonly goesOn?: boolean;
}

export interface TriggerScript {
  readonly event: string;
  readonly source?: string;
  /** `odd` takes odd numbers only; `broken` has no value for a number that three divides. */
  readonly where?: 'odd' | 'broken';
}

export interface FlowScript {
  readonly name: string;
  readonly on: readonly TriggerScript[];
  readonly steps: readonly StepScript[];
}

export interface CatalogScript {
  readonly hash: string;
  readonly flows: readonly FlowScript[];
}

/** Whether an event with this number has the step done. */
export function isDone({ guard }: StepScript, n: number | undefined): boolean {
  return guard === undefined || Number(n) % 2 === (guard === 'odd' ? 1 : 0);
}

/** The outcome of call `number`, counted from 0. */
export function outcomeOf({ outcomes }: StepScript, number: number): Outcome {
  return outcomes[Math.min(number, outcomes.length - 1)] ?? 'done';
}

/** The answer to question `number`, counted from 0. */
export function answerOf({ answers }: StepScript, number: number): Answer {
  return answers[Math.min(number, answers.length - 1)] ?? 'truth';
}

/** How long a `refused-until` asks to be left alone. */
export const AFTER_MS = 700;
