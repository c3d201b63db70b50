import { type Clock, type Timer, TIMER_DELAY_MS_MAX } from '../../../src/std/clock.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** The machine's wall clock, which somebody may step. */
export interface Wall {
  offsetMs: number;
}

/** The clocks of one process: its timers end with it, and none is quicker than a millisecond. */
export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #life: Life;
  readonly #wall: Wall;
  readonly #born: number;

  constructor(scheduler: Scheduler, life: Life, wall: Wall) {
    this.#scheduler = scheduler;
    this.#life = life;
    this.#wall = wall;
    this.#born = scheduler.now;
  }

  now(): number {
    return this.#wall.offsetMs + this.#scheduler.now;
  }

  monotonic(): number {
    return this.#scheduler.now - this.#born;
  }

  schedule(delayMs: number, task: () => void): Timer {
    const bounded = Math.min(Math.max(1, delayMs), TIMER_DELAY_MS_MAX);
    return this.#scheduler.after(bounded, this.#life, task);
  }
}
