import type { Clock, Timer } from '../../std/clock.ts';
import type { RefusedRequest } from '../source.ts';

/** Refusals of one hook that are recorded one by one within a minute; of more, the number is. */
const RECORDED_A_MINUTE = 10;
const MINUTE_MS = 60_000;

/** Why a request was refused, and by whom it was sent. */
export interface Rejection {
  /** The code of its answer. */
  readonly reason: string;
  readonly status: number;
  readonly address: string;
  readonly path: string;
  /** The id that its answer has told. */
  readonly request: string;
}

export interface RejectionsOptions {
  readonly clock: Clock;
  /** Records what was refused; called as often as this class allows. */
  readonly record: (request: RefusedRequest) => void;
}

/**
 * Keeps a flood of bad requests from filling the log: each minute the first of them are recorded,
 * and at its end how many more there were, by their reasons.
 */
export class Rejections {
  readonly #options: RejectionsOptions;
  /** Of the minute that runs, those that were only counted. */
  readonly #more = new Map<string, number>();
  #recorded = 0;
  #minute: Timer | undefined;
  #closed = false;

  constructor(options: RejectionsOptions) {
    this.#options = options;
  }

  note(rejection: Rejection): void {
    if (this.#closed) return;
    const { clock, record } = this.#options;
    this.#minute ??= clock.schedule(MINUTE_MS, () => this.#endMinute());
    if (this.#recorded < RECORDED_A_MINUTE) {
      this.#recorded++;
      record(rejection);
      return;
    }
    const { reason } = rejection;
    this.#more.set(reason, (this.#more.get(reason) ?? 0) + 1);
  }

  /** Records what is counted so far, and nothing afterwards. */
  close(): void {
    this.#closed = true;
    this.#minute?.cancel();
    this.#endMinute();
  }

  #endMinute(): void {
    this.#minute = undefined;
    this.#recorded = 0;
    if (this.#more.size === 0) return;
    const reasons = Object.fromEntries(this.#more);
    const count = [...this.#more.values()].reduce((sum, each) => sum + each, 0);
    this.#more.clear();
    this.#options.record({ reason: 'more', count, reasons });
  }
}
