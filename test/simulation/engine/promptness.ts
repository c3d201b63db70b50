import type { LogRecord } from '../../../src/store/contract.ts';
import type { Scenario } from './scenario.ts';

/** How long taking up a run may take where nothing stands in its way. */
const PROMPT_MS = 1_500;

/** Where the runs stand of which a record is told. */
export interface Situation {
  /** Runs under way. */
  readonly leased: number;
  /** When the run of this record was due; null where it was not waiting for a time or a slot. */
  readonly due: number | null;
  /** Whether some run is watched alone, since a daemon died under it. */
  readonly watched: boolean;
}

/** Nobody waits for a slot that is free, or sleeps on when his time has come. */
export class Promptness {
  readonly #slots: number;
  readonly #applies: boolean;
  readonly #now: () => number;
  #hinderedUntil = 0;
  #full = false;

  /** `now`: milliseconds since the beginning. */
  constructor({ slots, stragglers, faults }: Scenario, now: () => number) {
    this.#slots = slots;
    this.#now = now;
    const steady = faults.clockSteps.length === 0 && faults.diskFull.length === 0;
    this.#applies = steady && stragglers === 0;
  }

  /** What is wrong when this record becomes durable. */
  see({ type, received }: LogRecord, { leased, due, watched }: Situation): string | undefined {
    const now = this.#now();
    if (this.#full || watched || type === 'daemon.started') this.#hinderedUntil = now;
    // A run that had nothing to do held its slot until now, and no record told of it before.
    this.#full = leased >= this.#slots || type === 'run.noop';
    if (due === null || !this.#applies) return undefined;
    const late = Math.min(received - due, now - this.#hinderedUntil);
    return late > PROMPT_MS ? `was taken up ${late} ms late` : undefined;
  }
}
