import type { ActionStep, Flow, ForkStep, Step } from '../flows/flow.ts';
import type { Scope } from '../flows/scope.ts';
import { backoff } from '../std/backoff.ts';
import { formatDuration } from '../std/duration.ts';
import type { Json } from '../std/json.ts';
import type { Random } from '../std/random.ts';
import type { Awaiting } from './awaiting.ts';
import type { Run } from './evolve.ts';
import { isNamed, mayRetry } from './failure-name.ts';
import type { JournalEvent, RunFailed, RunFailing, StepCompleted } from './journal.ts';
import { firstFrom, following } from './next.ts';
import { FAILURE_START, isFailing, isUndoing } from './position.ts';
import type { StepError, StepResult } from './step-kind.ts';

/** The furthest that a run may be put off: a hundred years. What is longer is a mistake. */
const DUE_MS_MAX = 3_155_760_000_000;

/** The instant of a decision: engine time in milliseconds, and the source of its jitter. */
export interface Instant {
  readonly now: number;
  readonly random: Random;
}

/** The step at which a run stands, and what the run says besides. */
export interface Passing {
  readonly flow: Flow;
  readonly step: Step;
  /** The names that conditions behind the step may use, given what has become of it. */
  readonly scopeAfter: (passed: Passed) => Scope;
  /** The names that the steps may use which are done about a failure. */
  readonly scopeFailing: (failure: Failed) => Scope;
  /** What the run has failed with, where its flow is doing something about that. */
  readonly failing: Failure | undefined;
}

/** The step that was called. */
export interface Called extends Passing {
  readonly step: ActionStep;
  /** When its first attempt began, in engine time. */
  readonly since: number;
  /** When the run's own time is over, in engine time. */
  readonly deadline: number;
  /** Up to where a wait of this step has heard its run's events, and whose run that is. */
  readonly heard: Pick<Awaiting, 'after' | 'of'>;
}

/** What a run fails with. */
export type Failure = Omit<RunFailed, 'type'>;

/** What has become of a step that failed, and of those within it. */
export type Failed = { readonly error: StepError } & Pick<Besides, 'within'>;

/** What has become of a step behind which its run goes on. */
export type Passed = Failed | ({ readonly output: Json } & Pick<Besides, 'within'>);

/** The failure of a fork one of whose runs was declined: then so is the run that forked. */
const DECLINED = 'gate.declined';

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
      return complete(run, called, result.output, paid(result));
    case 'noop':
      if (called.failing !== undefined) return { type: 'run.failed', ...called.failing };
      return { type: 'run.noop', at: run.at, step: step.id };
    case 'park': {
      const due = Math.min(dueAt(result.until, instant), called.deadline);
      if (due > endOf(called)) return failed(run, called, tooLong(step, parkedFor(result.reason)));
      return { type: 'step.parked', at: run.at, step: step.id, due, reason: result.reason };
    }
    case 'wait': {
      const due = Math.min(dueAt(result.until, instant), called.deadline);
      return { type: 'step.waiting', at: run.at, step: step.id, due };
    }
    case 'await': {
      const { wanted, until } = result;
      const end = Math.min(until ?? Number.POSITIVE_INFINITY, called.deadline);
      const due = end === Number.POSITIVE_INFINITY ? null : dueAt(end, instant);
      return {
        type: 'step.waiting',
        at: run.at,
        step: step.id,
        due,
        wait: { ...wanted, ...called.heard },
      };
    }
    case 'fail':
      // Who names a failure to be retried knows better than the step.
      return isNamed(step.retry.retryOn ?? [], result.error)
        ? retried(run, called, { ...result, kind: 'retry' }, instant)
        : failed(run, called, result.error);
    case 'retry':
      return retried(run, called, result, instant);
  }
}

/** What a completion says besides, where it is not simply the end of an attempt. */
export type Besides = Pick<StepCompleted, 'within' | 'decision' | 'usage'> & {
  /** Where the run has to ask for a slot again: when. */
  readonly due?: number;
  /** The session that took the run up again. */
  readonly epoch?: number;
};

const NOTHING: Besides = {};

/** The step's completion, which is the run's own where nothing follows. */
export function complete(
  run: Run,
  { flow, step, scopeAfter, failing }: Passing,
  output: Json,
  besides = NOTHING,
): JournalEvent {
  const after = following(flow, run.at, () => scopeAfter({ output, ...within(besides) }));
  const done = { at: run.at, step: step.id, output };
  if (after !== undefined) {
    const { due, ...rest } = besides;
    if (due === undefined) return { type: 'step.completed', ...done, next: after, ...rest };
    // Nothing has begun before there is a slot for it.
    return { type: 'step.completed', ...done, next: { ...after, attempt: 0 }, due, ...rest };
  }
  if (failing !== undefined) return { type: 'run.failed', ...failing };
  const { decision } = besides;
  const said = { ...within(besides), ...(decision && { decision }), ...paid(besides) };
  return { type: 'run.succeeded', ...done, ...said };
}

function paid({ usage }: Pick<Besides, 'usage'>): Pick<Besides, 'usage'> {
  return usage === undefined ? NOTHING : { usage };
}

function within({ within: inner }: Besides): Pick<Besides, 'within'> {
  return inner === undefined ? {} : { within: inner };
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
  if (due > called.deadline) return timedOut(run, called, error);
  if (due > endOf(called)) return failed(run, called, tooLong(step, error));
  return { type: 'step.retrying', at: run.at, step: step.id, attempt: run.attempt, error, due };
}

function parkedFor(message: string): StepError {
  return { code: 'step.parked', message, happened: 'no' };
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
export function failed(
  run: Run,
  passing: Passing & { readonly step: ActionStep | ForkStep },
  error: StepError,
  besides = NOTHING,
): JournalEvent {
  const { flow, step, scopeAfter, failing } = passing;
  const { at, attempt } = run;
  if (step.onError !== 'continue') return fail(run, passing, error, besides);
  const inner = within(besides);
  const after = following(flow, at, () => scopeAfter({ error, ...inner }));
  const { due, epoch } = besides;
  const said = { ...inner, ...(epoch !== undefined && { epoch }) };
  const what = { at, step: step.id, error, ...said };
  if (after !== undefined) {
    if (due === undefined) return { type: 'step.failed', ...what, attempt, next: after };
    return { type: 'step.failed', ...what, attempt, next: { ...after, attempt: 0 }, due };
  }
  if (failing !== undefined) return { type: 'run.failed', ...failing };
  return { type: 'run.succeeded', at, step: step.id, output: null, error, ...said };
}

/**
 * The run has failed for good. What its flow does about that comes first; where that fails too, or
 * there is none, the run ends with what it failed with.
 */
export function fail(
  run: Run,
  passing: Passing,
  error: StepError,
  besides = NOTHING,
): JournalEvent {
  const { flow, step, failing, scopeFailing } = passing;
  if (failing !== undefined) {
    const too = `"on_failure" failed too, at step "${step.id}": ${error.message}`;
    const message = `${failing.error.message} (${too})`;
    return { type: 'run.failed', ...failing, error: { ...failing.error, message } };
  }
  if (error.detail === DECLINED) {
    const said = { by: 'signalbox', reason: error.message, proposal: null };
    return { type: 'run.declined', at: run.at, step: step.id, ...said };
  }
  const failure = { at: run.at, step: step.id, attempt: run.attempt, error };
  const inner = within(besides);
  const scope = (): Scope => scopeFailing({ error, ...inner });
  const isAnswered = run.branch === null && !isUndoing(run.at);
  const next = isAnswered ? firstOf(flow, scope) : undefined;
  if (next === undefined) return { type: 'run.failed', ...failure };
  const { due } = besides;
  if (due === undefined) return { type: 'run.failing', ...failure, next, ...inner };
  return { type: 'run.failing', ...failure, next: { ...next, attempt: 0 }, due, ...inner };
}

function firstOf(flow: Flow, scope: () => Scope): RunFailing['next'] | undefined {
  return flow.onFailure === undefined ? undefined : firstFrom(flow, FAILURE_START, scope);
}

/** The run's own time is over. What is done about a failure has no end but that of its steps. */
export function timedOut(run: Run, passing: Passing, before?: StepError): JournalEvent {
  const limit = formatDuration(passing.flow.totalMs ?? 0);
  const last = before === undefined ? '' : ` (last: ${before.message})`;
  const message = `The run did not end within ${limit}, its flow's "timeout"${last}.`;
  return fail(run, passing, { code: 'run.timeout', message, happened: 'maybe' });
}

/**
 * When a run's own time is over: never, while its flow does something about its failure, or what
 * it did is undone.
 */
export function deadlineOf(
  { started, at }: Pick<Run, 'started' | 'at'>,
  { totalMs }: Flow,
): number {
  const hasEnd = totalMs !== undefined && !isFailing(at) && !isUndoing(at);
  return hasEnd ? started + totalMs : Number.POSITIVE_INFINITY;
}

/** Records that the step may have happened and is not repeated. */
export function unknown(run: Run, step: ActionStep, error: StepError): JournalEvent {
  return { type: 'step.unknown', at: run.at, step: step.id, attempt: run.attempt, error };
}

/** Whether a target was asked, and has answered that the step did not happen. */
export function saysNo({ answered, happened }: StepError): boolean {
  return answered === true && happened === 'no';
}

/** Whether a step has ended by itself, and not because the daemon stops. */
export function isFinal({ kind }: StepResult): boolean {
  return kind === 'done' || kind === 'noop';
}
