import { type Clock, type Timer, TIMER_DELAY_MS_MAX } from './clock.ts';

interface Entry {
  readonly at: number;
  readonly task: () => void;
}

/**
 * A clock that moves only when told to. Timers that fall due run in the order of their times, and
 * in the order of their setting where the times are equal.
 */
export class SimulatedClock implements Clock {
  #elapsedMs = 0;
  #offsetMs: number;
  /** In the order of their setting. */
  #entries: readonly Entry[] = [];

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#offsetMs = startMs;
  }

  now(): number {
    return this.#offsetMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  schedule(delayMs: number, task: () => void): Timer {
    const at = this.#elapsedMs + Math.min(Math.max(0, delayMs), TIMER_DELAY_MS_MAX);
    const entry = { at, task };
    this.#entries = [...this.#entries, entry];
    return { cancel: () => this.#remove(entry) };
  }

  /** Moves both clocks on by `ms` and runs what falls due on the way, each at its own time. */
  advance(ms: number): void {
    const until = this.#elapsedMs + ms;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#elapsedMs = next.at;
      this.#remove(next);
      next.task();
    }
    this.#elapsedMs = until;
  }

  /** Steps the wall clock alone, as an administrator or NTP would. */
  step(ms: number): void {
    this.#offsetMs += ms;
  }

  /** The delay until the next timer, or undefined where none is set. */
  untilNext(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : next.at - this.#elapsedMs;
  }

  #next(until: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.at <= until && (first === undefined || entry.at < first.at)) first = entry;
    }
    return first;
  }

  #remove(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }
}
