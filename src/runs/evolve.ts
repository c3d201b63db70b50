import type { RunColumns, RunOrigin } from '../store/contract.ts';
import type {
  Decision,
  JournalEvent,
  RunCancelled,
  RunFailing,
  RunStarted,
  StepCompleted,
  StepFailed,
} from './journal.ts';
import type { StepApproved, StepReturned } from './journal-gates.ts';
import type { RunMoved } from './move-record.ts';
import type { StepError } from './step-kind.ts';
import type { RunCompensated, RunCompensating } from './undo-records.ts';

/** What a fold keeps of a run: what changes, and what the first record said. */
export type Run = RunOrigin & RunColumns;

/** The place of a first record in the log, which its payload does not repeat. */
export interface Birth {
  readonly received: number;
  readonly correlation: string;
  readonly hops: number;
}

/** A run as its first record makes it. */
export function born(event: RunStarted, { received, correlation, hops }: Birth): Run {
  return {
    flow: event.flow,
    catalog: event.catalog,
    event: event.event,
    correlation,
    hops,
    started: received,
    state: event.due === null ? 'running' : 'queued',
    at: event.at,
    attempt: event.attempt,
    due: event.due,
    epoch: event.epoch,
    crashes: 0,
    ended: null,
    reason: null,
    lane: event.lane,
    parent: event.parent ?? null,
    fork: event.fork ?? null,
    branch: event.branch ?? null,
  };
}

/**
 * The run after one more of its records. The one fold: the runner uses it on its way, and
 * `rebuild --check` to find the same rows again. It never throws.
 */
export function evolve(run: Run, event: JournalEvent, received: number): Run {
  switch (event.type) {
    case 'run.started':
      return run;
    case 'step.started': {
      const { at, attempt, epoch, crashes } = event;
      return { ...run, state: 'running', at, attempt, epoch, crashes, due: null, reason: null };
    }
    case 'run.compensating':
      return { ...intended(run, event), ended: null };
    case 'step.failed':
    case 'run.failing':
    case 'step.completed':
      return intended(run, event);
    case 'step.forked':
      return { ...run, state: 'waiting', at: event.at, attempt: 0, due: event.due, reason: null };
    case 'step.retrying':
      return { ...run, state: 'waiting', due: event.due, reason: reasonOf(event.error) };
    case 'step.waiting':
    case 'step.awaited':
      return { ...run, state: 'waiting', due: event.due, reason: null };
    case 'step.parked': {
      const attempt = Math.max(0, run.attempt - 1);
      const reason = reasonOf({ message: event.reason });
      return { ...run, state: 'waiting', due: event.due, attempt, reason };
    }
    case 'step.unknown':
      return { ...run, state: 'waiting', due: null, reason: reasonOf(event.error) };
    case 'step.proposed': {
      const reason = reasonOf({ message: event.waitsFor });
      return { ...run, state: 'waiting', at: event.at, attempt: 0, due: event.due, reason };
    }
    case 'step.approved':
    case 'step.returned':
      return answered(run, event);
    case 'run.succeeded':
      return { ...run, state: 'succeeded', due: null, ended: received, reason: null };
    case 'run.noop':
      return { ...run, state: 'noop', due: null, ended: received, reason: null };
    case 'run.failed':
      return { ...run, state: 'failed', due: null, ended: received, reason: reasonOf(event.error) };
    case 'run.cancelled':
      return { ...run, state: 'cancelled', due: null, ended: received, reason: endedBy(event) };
    case 'run.declined':
      return { ...run, state: 'declined', due: null, ended: received, reason: saidBy(event) };
    case 'run.compensated':
      return { ...run, state: 'compensated', due: null, ended: received, reason: causeOf(event) };
    case 'run.stuck': {
      const reason = reasonOf(event.error);
      return { ...run, state: 'compensation_stuck', due: null, ended: received, reason };
    }
    case 'run.paused':
      return { ...run, state: 'paused', ...rests(run), due: null, reason: saidBy(event) };
    case 'run.resumed':
      return { ...run, state: event.state, due: event.due, reason: event.because };
    case 'run.retried': {
      const { at, due } = event;
      const open = { at, due, attempt: 0, crashes: 0, ended: null, reason: null };
      return { ...run, state: due === null ? 'paused' : 'waiting', ...open };
    }
    case 'run.moved':
      return relocated(run, event);
  }
}

/** The run on its way to its next step, with its slot or asking for one again. */
function intended(run: Run, event: StepCompleted | StepFailed | RunFailing | RunCompensating): Run {
  const { at, attempt } = event.next;
  const epoch = 'epoch' in event ? (event.epoch ?? run.epoch) : run.epoch;
  const due = event.due ?? null;
  const state = due === null ? 'running' : 'waiting';
  return { ...run, state, at, attempt, epoch, due, crashes: 0, reason: null };
}

/** The run that has its answer: one that a person holds stays held. */
function answered(run: Run, event: StepApproved | StepReturned): Run {
  const { at, due } = event;
  const open = { ...run, at, crashes: 0 };
  if (run.state === 'paused') return { ...open, attempt: 0 };
  if (due === null) return { ...open, state: 'running', attempt: 1, due, reason: null };
  return { ...open, state: 'waiting', attempt: 0, due, reason: null };
}

/** The run by another definition of its flow. One that has ended is as it was. */
function relocated(run: Run, { catalog, at, due, anew }: RunMoved): Run {
  const moved = { ...run, catalog, at };
  if (run.ended !== null) return moved;
  if (anew !== true) return { ...moved, due };
  const begins = { ...moved, attempt: 0, crashes: 0, due };
  return run.state === 'paused' ? begins : { ...begins, reason: null };
}

/** What is held before its step has begun begins it when it goes on. */
function rests({ state, attempt }: Run): Pick<Run, 'attempt'> {
  return { attempt: state === 'running' ? 0 : attempt };
}

/** Why a run was undone, in one line. */
export function causeOf({ because }: Pick<RunCompensated, 'because'>): string {
  return 'by' in because ? saidBy(because) : reasonOf(because);
}

/** Who ended a run, why, and what stays done of it. */
function endedBy({ left = [], ...decision }: RunCancelled): string {
  const said = saidBy(decision);
  return left.length === 0
    ? said
    : reasonOf({ message: `${said}; not undone: ${left.join(', ')}` });
}

function saidBy({ by, reason }: Decision): string {
  return reasonOf({ message: reason === null ? `by ${by}` : `by ${by}: ${reason}` });
}

/** How much of an error's message stands in the row of its run: the whole of it is in the log. */
const REASON_LENGTH_MAX = 1_000;

/** The message as a row can hold it: cut, and without what no store could give back. */
export function reasonOf({ message }: Pick<StepError, 'message'>): string {
  const start = message.length > REASON_LENGTH_MAX ? message.slice(0, REASON_LENGTH_MAX) : message;
  return start.replace(/\0|\p{Surrogate}/gu, '\ufffd');
}
