import type { LetterDraft } from '../store/contract.ts';
import { reasonOf } from './evolve.ts';

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
