import type { Clock } from '../std/clock.ts';

/**
 * Wall-clock time that never goes back: not when the clock is stepped, and not between two
 * sessions. What the log says of time, due times included, is engine time.
 */
export class EngineTime {
  readonly #clock: Clock;
  #last: number;

  /** `floor` is the time of the log's last record. */
  constructor(clock: Clock, floor: number) {
    this.#clock = clock;
    this.#last = floor;
  }

  now(): number {
    this.#last = Math.max(this.#last, this.#clock.now());
    return this.#last;
  }
}
