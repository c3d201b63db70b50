import type { Clock, Timer } from '../../std/clock.ts';

/** When a burst of hints counts as over. */
export interface SettlingOptions {
  readonly clock: Clock;
  /** So long after the last hint. */
  readonly quietMs: number;
  /** And so long after the first one at the latest. */
  readonly maxMs: number;
  readonly onSettled: () => void;
}

/** Waits until hints cease, or have come for long enough. Cheap for each further hint. */
export class Settling {
  readonly #options: SettlingOptions;
  #timer: Timer | undefined;
  #first = 0;
  #last = 0;

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  /** A hint has come. */
  touch(): void {
    this.#last = this.#options.clock.monotonic();
    if (this.#timer !== undefined) return;
    this.#first = this.#last;
    this.#arm();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const { clock, quietMs, maxMs } = this.#options;
    const due = Math.min(this.#last + quietMs, this.#first + maxMs);
    this.#timer = clock.schedule(due - clock.monotonic(), () => this.#ring(due));
  }

  #ring(due: number): void {
    const { quietMs, maxMs, onSettled } = this.#options;
    if (Math.min(this.#last + quietMs, this.#first + maxMs) > due) return this.#arm();
    this.#timer = undefined;
    onSettled();
  }
}
