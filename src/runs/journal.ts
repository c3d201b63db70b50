import type { Attribution } from '../events/attribution.ts';
import type { OwnEventType } from '../events/own-types.ts';
import type { Json } from '../std/json.ts';
import type { EndState, LogRecord } from '../store/contract.ts';
import type { Awaited, Awaiting } from './awaiting.ts';
import type { RunDeclined, StepApproved, StepProposed, StepReturned } from './journal-gates.ts';
import type { RunMoved } from './move-record.ts';
import type { StepError } from './step-kind.ts';
import type { RunCompensated, RunCompensating, RunStuck } from './undo-records.ts';
import type { Usage } from './usage.ts';

/**
 * The records of a run: one for each transition, and nothing beside them. Those of a branch are
 * the same, and are called `branch.started` where a run's are called `run.started`.
 *
 * `at` is the path of a step in its flow's tree and `step` the same step's id, for readers. The
 * intent to do the next step rides in the record of the step before it; the last result is the
 * run's own. A step's idempotency key is not stored: it is the run's id and the step's, and never
 * anything else.
 */
export type JournalEvent =
  | RunStarted
  | StepStarted
  | StepForked
  | StepCompleted
  | StepRetrying
  | StepWaiting
  | StepAwaited
  | StepParked
  | StepUnknown
  | StepProposed
  | StepApproved
  | StepReturned
  | StepFailed
  | RunSucceeded
  | RunFailing
  | RunFailed
  | RunNoop
  | RunCancelled
  | RunDeclined
  | RunCompensating
  | RunCompensated
  | RunStuck
  | RunPaused
  | RunResumed
  | RunRetried
  | RunMoved;

export type JournalType = JournalEvent['type'];

/**
 * A run begins: leased to `epoch` with its first step to do, or queued (`due`) where no slot was
 * free.
 */
export interface RunStarted extends Intent {
  readonly type: 'run.started';
  readonly flow: string;
  readonly catalog: string;
  /** The seq of the event that it answers. */
  readonly event: number;
  readonly epoch: number;
  readonly due: number | null;
  /** Whose limits it keeps. */
  readonly lane: string;
  /** Where the run is the first of its choreography's instance: what that began by. */
  readonly began?: Began;
  /** The run that opened this one. */
  readonly parent?: number;
  /** The seq of the record behind which the parent forked: what this run's end is told to. */
  readonly fork?: number;
  /** Which of the fork's branches this is, from 0. */
  readonly branch?: number;
  /** What a branch of an `each` is for. */
  readonly item?: Json;
  /** What a run finds as its event's data where that is not the event's own: see `Origin`. */
  readonly data?: Json;
  /** Where a step called it that can be trusted less than its event. */
  readonly trust?: 'untrusted';
}

/**
 * Somebody takes the step on: from the queue, from a daemon that died, or just before a call that
 * must not be repeated.
 */
export interface StepStarted extends Intent {
  readonly type: 'step.started';
  readonly step: string;
  readonly epoch: number;
  readonly crashes: number;
}

/** The step is done by others, who are opened in the same unit: its run waits for them. */
export interface StepForked {
  readonly type: 'step.forked';
  readonly at: string;
  readonly step: string;
  /** How many branches there are, or 1 for a called run. */
  readonly count: number;
  /** How many are open at once. */
  readonly concurrency: number;
  /** What the branches are for that are not opened at once. */
  readonly items?: readonly Json[];
  /** When the run's time is over. */
  readonly due: number | null;
  /** Where what the branches of a fork did is undone: the seq that names it. */
  readonly of?: number;
}

/** A step is done, and the next one is intended. */
export interface StepCompleted {
  readonly type: 'step.completed';
  readonly at: string;
  readonly step: string;
  readonly output: Json;
  readonly next: Intent;
  /** The session that took the run up again when its wait was over. */
  readonly epoch?: number;
  /** When the run asks for a slot again: where others did the step, and its own was given away. */
  readonly due?: number;
  /** What the steps within gave, where it was a fork of several. */
  readonly within?: Within;
  /** Where a person said what the step's result is, or that it is passed over. */
  readonly decision?: Decision;
  /** What the last attempt was paid for; that of one that failed stands in its error. */
  readonly usage?: Usage;
  /** Of an undo that others do some at a time: whether it goes on with the next of them. */
  readonly more?: true;
}

/** What steps inside a fork left to those behind it, by their ids. */
export interface Within {
  readonly outputs: { readonly [step: string]: Json };
  readonly errors: { readonly [step: string]: { readonly code: string; readonly message: string } };
}

/** How an instance of a choreography begins: by one of its triggers, or by any event of a rule. */
export type Began = 'trigger' | 'rule';

/** Who did what no step did, and why. */
export interface Decision extends Attribution {
  readonly reason: string | null;
}

/** An attempt failed; the step is due again. */
export interface StepRetrying {
  readonly type: 'step.retrying';
  readonly at: string;
  readonly step: string;
  readonly attempt: number;
  readonly error: StepError;
  readonly due: number;
}

/** The step is done when its time comes, or an event that it waits for. */
export interface StepWaiting {
  readonly type: 'step.waiting';
  readonly at: string;
  readonly step: string;
  /** Null where it waits for an event for as long as that takes. */
  readonly due: number | null;
  /** Which event it waits for; without it, for its time alone. */
  readonly wait?: Awaiting;
}

/** The event has come that the step waited for: its run asks for a slot. */
export interface StepAwaited extends Awaited {
  readonly type: 'step.awaited';
  readonly at: string;
  readonly step: string;
  readonly due: number;
}

/** What the step needs is not to be had now; it is called again then, as the same attempt. */
export interface StepParked {
  readonly type: 'step.parked';
  readonly at: string;
  readonly step: string;
  readonly due: number;
  readonly reason: string;
}

/** The step may have happened, must not be repeated, and waits for a person. */
export interface StepUnknown {
  readonly type: 'step.unknown';
  readonly at: string;
  readonly step: string;
  readonly attempt: number;
  readonly error: StepError;
}

/** The step failed for good, and the run goes on without it, as its flow says. */
export interface StepFailed {
  readonly type: 'step.failed';
  readonly at: string;
  readonly step: string;
  readonly attempt: number;
  readonly error: StepError;
  readonly next: Intent;
  readonly due?: number;
  readonly epoch?: number;
  readonly within?: Within;
}

/** The last step is done, and so is the run. */
export interface RunSucceeded {
  readonly type: 'run.succeeded';
  readonly at: string;
  readonly step: string;
  readonly output: Json;
  /** How the last step failed, where the flow goes on without it. */
  readonly error?: StepError;
  /** The step was passed over in the end: its condition held when it was come to, and not later. */
  readonly skipped?: true;
  readonly within?: Within;
  readonly decision?: Decision;
  readonly usage?: Usage;
}

/** The step failed for good: the run will fail as soon as what its flow does about that is done. */
export interface RunFailing {
  readonly type: 'run.failing';
  readonly at: string;
  readonly step: string;
  readonly attempt: number;
  readonly error: StepError;
  readonly next: Intent;
  readonly due?: number;
  readonly within?: Within;
}

/** The step failed for good, and the run with it. */
export interface RunFailed {
  readonly type: 'run.failed';
  readonly at: string;
  readonly step: string;
  readonly attempt: number;
  readonly error: StepError;
}

/** There was nothing to do: the step said so, or no step's condition held. */
export interface RunNoop {
  readonly type: 'run.noop';
  readonly at: string;
  readonly step: string;
}

/** A person ended the run. What its steps did stays done. */
export interface RunCancelled extends Decision {
  readonly type: 'run.cancelled';
  readonly at: string;
  readonly step: string;
  /** Where it was killed: what it did that its flow knows how to undo, by the ids of its steps. */
  readonly left?: readonly string[];
}

/** A person holds the run where it stands. */
export interface RunPaused extends Decision {
  readonly type: 'run.paused';
  readonly at: string;
  /** What it goes back to. */
  readonly state: 'queued' | 'waiting';
  readonly due: number | null;
  /** The last failure for which it waited there; null where it waited for none. */
  readonly because: string | null;
}

/** The run goes on as it was when it was paused. */
export interface RunResumed extends Decision {
  readonly type: 'run.resumed';
  readonly at: string;
  readonly state: 'queued' | 'waiting';
  readonly due: number | null;
  readonly because: string | null;
}

/** A person lets the run do a step again, and what comes behind it. */
export interface RunRetried extends Decision {
  readonly type: 'run.retried';
  readonly at: string;
  readonly step: string;
  /** When it wants a slot; null where it is held until the person says what is to come of it. */
  readonly due: number | null;
  /** How the run had ended; null where it was open. */
  readonly ended: EndState | null;
  /** Where undos are tried again: the places of the steps that they undo. */
  readonly undo?: readonly string[];
}

/** What is to be done next: the step, and how many attempts at it have begun. */
export interface Intent {
  readonly at: string;
  readonly attempt: number;
}

/**
 * The types of records that are the last of their run, unless somebody takes that up again, and the
 * state in which they leave it.
 */
export const RUN_ENDS: ReadonlyMap<string, EndState> = new Map<JournalType, EndState>([
  ['run.succeeded', 'succeeded'],
  ['run.failed', 'failed'],
  ['run.noop', 'noop'],
  ['run.declined', 'declined'],
  ['run.cancelled', 'cancelled'],
  ['run.compensated', 'compensated'],
  ['run.stuck', 'compensation_stuck'],
]);

/** Whether a record is one of these. */
export function endsRun({ type }: JournalEvent): boolean {
  return RUN_ENDS.has(type);
}

/** Whether the step behind the record is another than before, or begins anew. */
export function startsAnew(event: JournalEvent): boolean {
  return event.type === 'run.compensating' || (event.type === 'run.moved' && event.anew === true);
}

/** The type of the record: what a branch goes through is nothing that its run does. */
export function recordType(event: JournalEvent, isBranch: boolean): OwnEventType {
  return isBranch ? (BRANCH_TYPES.get(event.type) ?? event.type) : event.type;
}

const BRANCH_TYPES: ReadonlyMap<JournalType, OwnEventType> = new Map<JournalType, OwnEventType>([
  ['run.started', 'branch.started'],
  ['run.succeeded', 'branch.succeeded'],
  ['run.failed', 'branch.failed'],
  ['run.noop', 'branch.noop'],
  ['run.cancelled', 'branch.cancelled'],
  ['run.declined', 'branch.declined'],
  ['run.compensating', 'branch.compensating'],
  ['run.compensated', 'branch.compensated'],
  ['run.stuck', 'branch.stuck'],
]);

/** The payload of the record: the event without its type, which is the record's own. */
export function encodeJournal(event: JournalEvent): string {
  const text = JSON.stringify(event);
  const type = `{"type":"${event.type}",`;
  // Cheaper than a copy without it. Whoever makes a record writes its type first.
  if (text.startsWith(type)) return `{${text.slice(type.length)}`;
  return JSON.stringify({ ...event, type: undefined });
}

const TYPES: readonly JournalType[] = [
  'run.started',
  'step.started',
  'step.forked',
  'step.completed',
  'step.retrying',
  'step.waiting',
  'step.awaited',
  'step.parked',
  'step.unknown',
  'step.proposed',
  'step.approved',
  'step.returned',
  'step.failed',
  'run.succeeded',
  'run.failing',
  'run.failed',
  'run.noop',
  'run.cancelled',
  'run.declined',
  'run.compensating',
  'run.compensated',
  'run.stuck',
  'run.paused',
  'run.resumed',
  'run.retried',
  'run.moved',
];

const JOURNAL_TYPES: ReadonlyMap<string, JournalType> = new Map([
  ...TYPES.map((type) => [type, type] as const),
  ...Array.from(BRANCH_TYPES, ([type, branch]) => [branch, type] as const),
]);

/** Reads a record of a run back; undefined for a record of another kind. */
export function decodeJournal(record: {
  readonly type: string;
  readonly data: string;
}): JournalEvent | undefined {
  const type = JOURNAL_TYPES.get(record.type);
  if (type === undefined) return undefined;
  return { type, ...(JSON.parse(record.data) as object) } as JournalEvent;
}

/** Whether the record begins a run that another one called: it answers no event of its own. */
export function isCall({ type, data }: Pick<LogRecord, 'type' | 'data'>): boolean {
  // Few are, and what is read of the others would be most of what they cost.
  if (type !== 'run.started' || !data.includes('"parent":')) return false;
  return (JSON.parse(data) as Pick<RunStarted, 'parent'>).parent !== undefined;
}
