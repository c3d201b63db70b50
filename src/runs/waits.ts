import type { Awaited, Awaiting } from './awaiting.ts';
import type { JournalEvent } from './journal.ts';

/** A wait for an event at which a run rests. */
export interface Wait {
  readonly wait: Awaiting;
  /** When it is over in any case, in engine time; null for never. */
  readonly until: number | null;
  /** The event that has come for it. */
  readonly awaited?: Awaited;
  /** Whether it is to be recorded anew, since the run was held meanwhile. */
  readonly held?: true;
}

/** What the records of a run say of its waits. */
export class Waits {
  /** The last event that each step took, by the step's id. */
  readonly #heard = new Map<string, number>();
  #open: Wait | undefined;

  /** The one at which the run rests. */
  get open(): Wait | undefined {
    return this.#open;
  }

  /** The last event that a wait of this step took. */
  heard(step: string): number | undefined {
    return this.#heard.get(step);
  }

  note(entry: JournalEvent): void {
    switch (entry.type) {
      case 'step.waiting':
        this.#open = entry.wait && { wait: entry.wait, until: entry.due };
        return;
      case 'step.awaited': {
        const { event, step } = entry;
        this.#heard.set(step, event);
        const data = entry.data === undefined ? {} : { data: entry.data };
        this.#open &&= { ...this.#open, awaited: { event, ...data } };
        return;
      }
      case 'run.paused':
      case 'run.resumed':
      case 'run.moved':
        this.#open &&= { ...this.#open, held: true };
        return;
      default:
        this.#open = undefined;
    }
  }
}
