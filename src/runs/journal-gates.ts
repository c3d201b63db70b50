import type { Json } from '../std/json.ts';
import type { Decision } from './journal.ts';

/** Somebody is asked before the step is called: the proposal is opened in the same unit. */
export interface StepProposed {
  readonly type: 'step.proposed';
  readonly at: string;
  readonly step: string;
  /** Of what is proposed. */
  readonly hash: string;
  /** What `now` was as the step's templates were filled in: it stays that for this step. */
  readonly asOf: number;
  /** Whom it waits for, for people. */
  readonly waitsFor: string;
  /** When the run's time is over. */
  readonly due: number | null;
}

/** What is proposed may be done: exactly this. */
export interface StepApproved {
  readonly type: 'step.approved';
  readonly at: string;
  readonly step: string;
  readonly hash: string;
  readonly by: string;
  /** What the step is given in place of what was proposed. */
  readonly input?: Json;
  /** The seq of the proposal; null where a policy answered before anybody was asked. */
  readonly proposal: number | null;
  /** As in `step.proposed`. */
  readonly asOf: number;
  /** When the run asks for a slot again; null where it has kept its own. */
  readonly due: number | null;
}

/** What is proposed is to be made anew: the run goes back to the step that made it. */
export interface StepReturned extends Decision {
  readonly type: 'step.returned';
  readonly at: string;
  readonly step: string;
  /** The id of the step that was proposed. */
  readonly from: string;
  readonly proposal: number;
  readonly due: number;
}

/** Somebody who may say no to what is proposed did, or a policy: nothing of it is done. */
export interface RunDeclined extends Decision {
  readonly type: 'run.declined';
  readonly at: string;
  readonly step: string;
  /** The seq of the proposal; null where a policy answered before anybody was asked. */
  readonly proposal: number | null;
}
