import type { ActionStep, Flow, Step } from '../flows/flow.ts';
import type { Scope } from '../flows/scope.ts';
import type { Run } from './evolve.ts';
import type { Intent, JournalEvent, RunStarted } from './journal.ts';
import { arrive, isOpen, pathAfter, stepAt } from './position.ts';

/** How often a daemon may die on one step before its run is set aside. */
export const CRASHES_MAX = 3;

/** Who works: the session's epoch, and whether the session before it ended in order. */
export interface Session {
  readonly epoch: number;
  readonly afterCleanStop: boolean;
  /** False where the step under way cannot be what killed the daemon: it is never set aside. */
  readonly blames?: boolean;
}

/**
 * The step that follows, with how many attempts count as begun when its intent is recorded;
 * undefined where none does. `scope` is asked for only where a condition decides. A condition
 * without a value is found again, and then fails the run, by whoever comes to it.
 */
export function following(flow: Flow, at: string, scope: () => Scope): Intent | undefined {
  const after = pathAfter(flow, at);
  return after === undefined ? undefined : firstFrom(flow, after, scope);
}

/** The same for the step at a path itself. */
export function firstFrom(flow: Flow, at: string, scope: () => Scope): Intent | undefined {
  const step = stepAt(flow, at);
  if (step === undefined) return undefined;
  if (!isOpen(step)) return { at, attempt: attemptsAtIntent(step) };
  const arrival = arrive(flow, at, scope());
  if (arrival.kind === 'end') return undefined;
  if (arrival.kind === 'lost') return { at: arrival.at, attempt: 0 };
  return { at: arrival.at, attempt: attemptsAtIntent(stepAt(flow, arrival.at)) };
}

/**
 * An intent to do what may be repeated counts as begun at once: a crash after it repeats the step.
 * What must not be repeated blindly, and what somebody is asked about, is begun by a record of its
 * own, just before the call.
 */
function attemptsAtIntent(step: Step | undefined): number {
  if (step === undefined || !isAction(step) || step.gate !== undefined) return 0;
  return step.effect === 'idempotent' ? 1 : 0;
}

/** Where a run comes from that is to begin. */
export interface Beginning extends Omit<RunStarted, 'type' | 'flow' | 'at' | 'attempt' | 'due'> {
  /** The first step; the flow's own where it is left out. */
  readonly at?: string;
}

/** The first record of a run; `queuedAt` where no slot is free for it. */
export function begin(flow: Flow, beginning: Beginning, queuedAt: number | null): RunStarted {
  const { at = '0', ...origin } = beginning;
  const first = stepAt(flow, at);
  const attempt = queuedAt !== null || isOpen(first) ? 0 : attemptsAtIntent(first);
  return { type: 'run.started', flow: flow.name, ...origin, at, attempt, due: queuedAt };
}

/** What to do once the record, if there is one, is durable. */
export type Move =
  /** Call the step. */
  | { readonly kind: 'call'; readonly record?: JournalEvent }
  /** See which step comes first: conditions decide. */
  | { readonly kind: 'arrive' }
  /** Leave the step to others: branches, or a run of another flow. */
  | { readonly kind: 'fork' }
  /** Ask whether the step happened before anything is repeated. */
  | { readonly kind: 'verify'; readonly record?: JournalEvent }
  /** The step is done without a call. */
  | { readonly kind: 'complete' }
  /** Only the record: the run then waits or has ended. */
  | { readonly kind: 'rest'; readonly record: JournalEvent };

/** What a leased run does next, right after the transition that brought it here. */
export function next(run: Run, step: Step, session: Session): Move {
  if (run.attempt > 0) return { kind: 'call' };
  if (isOpen(step)) return { kind: 'arrive' };
  return isAction(step) ? firstCall(run, step, session) : { kind: 'fork' };
}

/** Whether a step is something to do, and not a way to others. */
export function isAction(step: Step): step is ActionStep {
  return step.choice === undefined && step.fork === undefined;
}

/** The first call of a step that no attempt counts of. */
export function firstCall(run: Run, step: Step, session: Session): Move {
  return {
    kind: 'call',
    record: started(run, step, session, { attempt: 1, crashes: run.crashes }),
  };
}

/** What taking over a run means that is due, or that a session of another epoch left behind. */
export function claim(run: Run, step: Step, session: Session): Move {
  // Nothing was called yet where no attempt counts.
  if (run.attempt === 0 && isOpen(step)) return { kind: 'arrive' };
  if (!isAction(step)) return { kind: step.choice === undefined ? 'fork' : 'arrive' };
  if (run.state === 'running') return recover(run, step, session);
  // What rests for no reason has slept, and its time has come.
  if (run.state === 'waiting' && run.attempt > 0 && run.reason === null)
    return { kind: 'complete' };
  return again(run, step, session, { attempt: run.attempt + 1, crashes: run.crashes });
}

/**
 * A step that was under way when its daemon ended: whether it was called at all is in `attempt`.
 */
function recover(run: Run, step: ActionStep, session: Session): Move {
  if (run.attempt === 0) return again(run, step, session, { attempt: 1, crashes: run.crashes });
  const crashed = session.afterCleanStop ? 0 : 1;
  const crashes = run.crashes + crashed;
  if (crashes >= CRASHES_MAX && session.blames !== false) return quarantine(run, step, crashes);
  if (step.effect === 'ask') return interrupted(run, step);
  return again(run, step, session, { attempt: run.attempt + crashed, crashes });
}

/** Where a call came before, a step that can be verified is asked about and not simply repeated. */
function again(
  run: Run,
  step: ActionStep,
  session: Session,
  counts: { readonly attempt: number; readonly crashes: number },
): Move {
  const kind = step.effect === 'verify' && run.attempt > 0 ? 'verify' : 'call';
  return { kind, record: started(run, step, session, counts) };
}

function started(
  run: Run,
  step: Step,
  session: Session,
  counts: { readonly attempt: number; readonly crashes: number },
): JournalEvent {
  return { type: 'step.started', at: run.at, step: step.id, epoch: session.epoch, ...counts };
}

function interrupted(run: Run, step: Step): Move {
  const message =
    `The daemon ended while step "${step.id}" was under way, so it may have happened; ` +
    `it is marked "effect: ask" and is not repeated. Look at its target and decide.`;
  const error = { code: 'step.unknown', message, happened: 'maybe' } as const;
  const { at, attempt } = run;
  return { kind: 'rest', record: { type: 'step.unknown', at, step: step.id, attempt, error } };
}

function quarantine(run: Run, step: Step, crashes: number): Move {
  const message =
    `The daemon died ${crashes} times while step "${step.id}" was under way; ` +
    `the run is set aside so that others go on.`;
  const error = { code: 'run.quarantined', message, happened: 'maybe' } as const;
  const { at, attempt } = run;
  return { kind: 'rest', record: { type: 'run.failed', at, step: step.id, attempt, error } };
}
