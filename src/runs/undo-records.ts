import type { Json } from '../std/json.ts';
import type { EndState } from '../store/contract.ts';
import type { Decision, Intent } from './journal.ts';
import type { StepError } from './step-kind.ts';
import type { Usage } from './usage.ts';

/** What stopped a run whose steps are undone: a failure, or a person. */
export type Cause =
  | { readonly step: string; readonly code: string; readonly message: string }
  | Decision;

/**
 * The run has failed or was cancelled, or the run that it worked for did: from here on it undoes
 * what it may have done, the last step first.
 */
export interface RunCompensating {
  readonly type: 'run.compensating';
  readonly at: string;
  readonly step: string;
  readonly attempt: number;
  readonly because: Cause;
  /** The failure of the step at which it stood, where that is the cause. */
  readonly error?: StepError;
  /** Whether somebody, or a policy, said no before the step at which it stood was called. */
  readonly declined?: true;
  /** The first step to be undone. */
  readonly next: Intent;
  readonly due?: number;
  readonly epoch?: number;
  /** How the run had ended; null where it was open. */
  readonly ended: EndState | null;
}

/** What came of undoing a run. */
interface Undoing {
  /** The flow and the id of the run, for those who hear of it. */
  readonly flow: string;
  readonly run: string;
  /** The place of the last undo. */
  readonly at: string;
  readonly because: Cause;
  /** The steps that are undone, by their ids, in the order in which they were. */
  readonly undone: readonly string[];
  /** Those of which a person said that they need not be, or are by hand. */
  readonly skipped?: readonly string[];
  readonly decision?: Decision;
  /** What the last undo gave. */
  readonly output?: Json;
}

/** All that the run may have done is undone. */
export interface RunCompensated extends Undoing {
  readonly type: 'run.compensated';
  readonly step: string;
  readonly usage?: Usage;
}

/** Something could not be undone, and all else is: a person has to see to it. */
export interface RunStuck extends Undoing {
  readonly type: 'run.stuck';
  /** The first step that could not be undone, by its id, and why. */
  readonly step: string;
  readonly error: StepError;
  /** How often its undo was tried. */
  readonly attempt: number;
  /** All of them. */
  readonly stuck: readonly { readonly step: string; readonly message: string }[];
  /** How the last undo failed, where it is one of them. */
  readonly failed?: { readonly error: StepError; readonly attempt: number };
  readonly usage?: Usage;
}
