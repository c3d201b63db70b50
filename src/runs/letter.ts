import type { LetterDraft } from '../store/contract.ts';
import { reasonOf, type Run } from './evolve.ts';
import type { JournalEvent } from './journal.ts';

/** What the record `event.dead_lettered` says: which event which flow could not take, and why. */
export interface DeadLettered {
  /** The seq of the event. */
  readonly event: number;
  readonly flow: string;
  readonly code: string;
  readonly reason: string;
}

/** An event that a flow could not take, as a dead letter. No run began, so nothing was tried. */
export function eventLetter({ event, flow, code, reason }: DeadLettered): LetterDraft {
  const message = reasonOf({ message: reason });
  return { kind: 'event', event, flow, run: null, step: null, attempts: 0, code, message };
}

/**
 * The dead letter that a record of a run is: of a run that failed for good and whose end nobody
 * waits for, of one that could not be undone, or of a step of which nobody knows whether it
 * happened. Undefined for all others.
 */
export function runLetter(id: number, run: Run, entry: JournalEvent): LetterDraft | undefined {
  const { type } = entry;
  if (type !== 'run.failed' && type !== 'step.unknown' && type !== 'run.stuck') return undefined;
  if (entry.type === 'run.failed' && run.fork !== null) return undefined;
  // What a branch could not undo its run could not.
  if (entry.type === 'run.stuck' && run.branch !== null) return undefined;
  const { step, attempt, error } = entry;
  const kind = entry.type === 'step.unknown' ? 'step' : 'run';
  const { event, flow } = run;
  const said = { code: error.code, message: reasonOf(error) };
  return { kind, event, flow, run: id, step, attempts: attempt, ...said };
}
