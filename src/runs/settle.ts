import type { ActionStep, Flow } from '../flows/flow.ts';
import type { Scope } from '../flows/scope.ts';
import { backoff } from '../std/backoff.ts';
import { formatDuration } from '../std/duration.ts';
import type { Json } from '../std/json.ts';
import type { Random } from '../std/random.ts';
import type { Run } from './evolve.ts';
import { isNamed, mayRetry } from './failure-name.ts';
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

/** The step that was called, and what its run says besides. */
export interface Called {
  readonly flow: Flow;
  readonly step: ActionStep;
  /** When its first attempt began, in engine time. */
  readonly since: number;
  /** The names that conditions behind the step may use, given what has become of it. */
  readonly scopeAfter: (passed: Passed) => Scope;
}

/** What has become of a step behind which its run goes on. */
export type Passed = { readonly output: Json } | { readonly error: StepError };

/** Decides which record one attempt's result becomes. */
export function settle(
  run: Run,
  called: Called,
  result: StepResult,
  instant: Instant,
): JournalEvent {
  const { step } = called;
  switch (result.kind) {
    case 'done':
      return complete(run, called, result.output);
    case 'noop':
      return { type: 'run.noop', at: run.at, step: step.id };
    case 'wait':
      return { type: 'step.waiting', at: run.at, step: step.id, due: dueAt(result.until, instant) };
    case 'fail':
      // Who names a failure to be retried knows better than the step.
      return isNamed(step.retry.retryOn ?? [], result.error)
        ? retried(run, called, { ...result, kind: 'retry' }, instant)
        : failed(run, called, result.error);
    case 'retry':
      return retried(run, called, result, instant);
  }
}

/** The step's completion, which is the run's own where nothing follows. */
export function complete(
  run: Run,
  { flow, step, scopeAfter }: Pick<Called, 'flow' | 'step' | 'scopeAfter'>,
  output: Json,
): JournalEvent {
  const after = following(flow, run.at, () => scopeAfter({ output }));
  const done = { at: run.at, step: step.id, output };
  return after === undefined
    ? { type: 'run.succeeded', ...done }
    : { type: 'step.completed', ...done, next: after };
}

function retried(
  run: Run,
  called: Called,
  result: Extract<StepResult, { kind: 'retry' }>,
  instant: Instant,
): JournalEvent {
  const { error } = result;
  const { step } = called;
  const { now, random } = instant;
  // A command that said it failed may have acted halfway: that too is for a person to see.
  if (step.effect === 'ask' && (error.happened === 'maybe' || error.answered === true))
    return unknown(run, step, error);
  const failures = run.attempt - run.crashes;
  if (failures >= step.retry.attempts || !mayRetry(step.retry, error)) {
    return failed(run, called, error);
  }
  // A server that said when to come back knows better than our policy.
  const due = dueAt(now + (result.afterMs ?? backoff(step.retry, failures, random)), instant);
  if (due > endOf(called)) return failed(run, called, tooLong(step, error));
  return { type: 'step.retrying', at: run.at, step: step.id, attempt: run.attempt, error, due };
}

/** When the step's time is over, its pauses included. */
function endOf({ step, since }: Called): number {
  return step.totalMs === undefined ? Number.POSITIVE_INFINITY : since + step.totalMs;
}

function tooLong({ totalMs = 0 }: ActionStep, error: StepError): StepError {
  const limit = formatDuration(totalMs);
  const message = `${error.message} (not tried again: its total timeout of ${limit} would be over)`;
  return { ...error, message };
}

/** A time that every store keeps, whatever a step has reckoned. */
function dueAt(time: number, { now }: Instant): number {
  const due = Math.min(Math.max(0, Math.ceil(time)), now + DUE_MS_MAX);
  return Number.isNaN(due) ? now : due;
}

/** The run ends with its step, unless it is told to go on without it. */
function failed(run: Run, { flow, step, scopeAfter }: Called, error: StepError): JournalEvent {
  const { at, attempt } = run;
  if (step.onError !== 'continue') return { type: 'run.failed', at, step: step.id, attempt, error };
  const after = following(flow, at, () => scopeAfter({ error }));
  return after === undefined
    ? { type: 'run.succeeded', at, step: step.id, output: null, error }
    : { type: 'step.failed', at, step: step.id, attempt, error, next: after };
}

/** Records that the step may have happened and is not repeated. */
export function unknown(run: Run, step: ActionStep, error: StepError): JournalEvent {
  return { type: 'step.unknown', at: run.at, step: step.id, attempt: run.attempt, error };
}
