import type { Flow, Step } from '../flows/flow.ts';
import { backoff } from '../std/backoff.ts';
import type { Json } from '../std/json.ts';
import type { Random } from '../std/random.ts';
import type { Run } from './evolve.ts';
import type { JournalEvent } from './journal.ts';
import { following } from './next.ts';
import type { StepError, StepResult } from './step-kind.ts';

/** The furthest that a run may be put off: a hundred years. What is longer is a mistake. */
const DUE_MS_MAX = 3_155_760_000_000;

/** The instant of a decision: engine time in milliseconds, and the source of its jitter. */
export interface Instant {
  readonly now: number;
  readonly random: Random;
}

/** Decides which record one attempt's result becomes. */
export function settle(
  run: Run,
  { flow, step }: { readonly flow: Flow; readonly step: Step },
  result: StepResult,
  instant: Instant,
): JournalEvent {
  switch (result.kind) {
    case 'done':
      return complete(run, flow, step, result.output);
    case 'wait':
      return { type: 'step.waiting', at: run.at, step: step.id, due: dueAt(result.until, instant) };
    case 'fail':
      return failed(run, step, result.error);
    case 'retry':
      return retried(run, step, result, instant);
  }
}

/** The step's completion, which is the run's own where nothing follows. */
export function complete(run: Run, flow: Flow, step: Step, output: Json): JournalEvent {
  const after = following(flow, run.at);
  const done = { at: run.at, step: step.id, output };
  return after === undefined
    ? { type: 'run.succeeded', ...done }
    : { type: 'step.completed', ...done, next: after };
}

function retried(
  run: Run,
  step: Step,
  result: Extract<StepResult, { kind: 'retry' }>,
  instant: Instant,
): JournalEvent {
  const { error } = result;
  const { now, random } = instant;
  // A command that said it failed may have acted halfway: that too is for a person to see.
  if (step.effect === 'ask' && (error.happened === 'maybe' || error.answered === true))
    return unknown(run, step, error);
  const failures = run.attempt - run.crashes;
  if (failures >= step.retry.attempts) return failed(run, step, error);
  // A server that said when to come back knows better than our policy.
  const due = dueAt(now + (result.afterMs ?? backoff(step.retry, failures, random)), instant);
  return { type: 'step.retrying', at: run.at, step: step.id, attempt: run.attempt, error, due };
}

/** A time that every store keeps, whatever a step has reckoned. */
function dueAt(time: number, { now }: Instant): number {
  const due = Math.min(Math.max(0, Math.ceil(time)), now + DUE_MS_MAX);
  return Number.isNaN(due) ? now : due;
}

function failed(run: Run, step: Step, error: StepError): JournalEvent {
  return { type: 'run.failed', at: run.at, step: step.id, attempt: run.attempt, error };
}

/** Records that the step may have happened and is not repeated. */
export function unknown(run: Run, step: Step, error: StepError): JournalEvent {
  return { type: 'step.unknown', at: run.at, step: step.id, attempt: run.attempt, error };
}
