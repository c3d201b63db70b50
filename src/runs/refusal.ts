import type { Json } from '../std/json.ts';
import type { Decision, JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';
import { stepAt } from './position.ts';

/** Why something is not done to a run. */
export interface Refusal {
  readonly kind: 'refused';
  /** Such as `run.ended`. */
  readonly code: string;
  readonly message: string;
}

/** A run as a rule sees it: where its records have led it, the last of these, and the time. */
export interface Case {
  readonly motion: Motion;
  readonly last: JournalEvent | undefined;
  /** Engine time in milliseconds. */
  readonly now: number;
}

/** What a person says of a step. */
export interface StepVerdict extends Decision {
  /** The step's id. */
  readonly step: string;
  /** What it is taken to have given; null where it is passed over. */
  readonly output: Json;
}

/** Whether a rule says no. */
export function isRefusal(value: object | string): value is Refusal {
  return typeof value === 'object' && 'kind' in value;
}

/** That the step under way is to be left alone. */
export function underWay({ run, flow, shownId }: Motion): Refusal {
  const step = stepAt(flow, run.at)?.id ?? run.at;
  const message = `Step "${step}" of run ${shownId} is under way; pause or cancel the run first.`;
  return refuse('run.running', message);
}

/** That others do the step at which the run stands. */
export function hasBranches({ run, flow, shownId }: Motion): Refusal {
  const step = stepAt(flow, run.at)?.id ?? run.at;
  const what = `Step "${step}" of run ${shownId} is left to other runs`;
  const message = `${what}; let them end, or cancel the run.`;
  return refuse('step.forked', message);
}

/** A no. */
export function refuse(code: string, message: string): Refusal {
  return { kind: 'refused', code, message };
}
