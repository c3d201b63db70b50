import type { Json } from '../std/json.ts';
import type { StepError } from './step-kind.ts';

/**
 * The records of a run: one for each transition, and nothing beside them.
 *
 * `at` is the path of a step in its flow's tree and `step` the same step's id, for readers. The
 * intent to do the next step rides in the record of the step before it; the last result is the
 * run's own. A step's idempotency key is not stored: it is the run's id and the step's, and never
 * anything else.
 */
export type JournalEvent =
  | RunStarted
  | StepStarted
  | StepCompleted
  | StepRetrying
  | StepWaiting
  | StepUnknown
  | StepFailed
  | RunSucceeded
  | RunFailed
  | RunNoop;

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
  /** The run that opened it; left out where an event did. */
  readonly parent?: number;
  /** The seq of the parent's record that it answers. */
  readonly fork?: number;
  /** Which of the fork's branches it is, from 0. */
  readonly branch?: number;
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

/** A step is done, and the next one is intended. */
export interface StepCompleted {
  readonly type: 'step.completed';
  readonly at: string;
  readonly step: string;
  readonly output: Json;
  readonly next: Intent;
  /** The session that took the run up again when its wait was over. */
  readonly epoch?: number;
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

/** The step is done when its time comes. */
export interface StepWaiting {
  readonly type: 'step.waiting';
  readonly at: string;
  readonly step: string;
  readonly due: number;
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

/** What is to be done next: the step, and how many attempts at it have begun. */
export interface Intent {
  readonly at: string;
  readonly attempt: number;
}

/** The payload of the record: the event without its type, which is the record's own. */
export function encodeJournal(event: JournalEvent): string {
  const text = JSON.stringify(event);
  const type = `{"type":"${event.type}",`;
  // Cheaper than a copy without it. Whoever makes a record writes its type first.
  if (text.startsWith(type)) return `{${text.slice(type.length)}`;
  return JSON.stringify({ ...event, type: undefined });
}

const TYPES: ReadonlySet<string> = new Set<JournalType>([
  'run.started',
  'step.started',
  'step.completed',
  'step.retrying',
  'step.waiting',
  'step.unknown',
  'step.failed',
  'run.succeeded',
  'run.failed',
  'run.noop',
]);

/** Reads a record of a run back; undefined for a record of another kind. */
export function decodeJournal(record: {
  readonly type: string;
  readonly data: string;
}): JournalEvent | undefined {
  if (!TYPES.has(record.type)) return undefined;
  return { type: record.type, ...(JSON.parse(record.data) as object) } as JournalEvent;
}
