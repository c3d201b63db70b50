/**
 * Time as a port. No other file reads the machine's clock or sets a timer, so the same code runs
 * under `SystemClock` in the daemon and under `SimulatedClock` in tests.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970. May jump. */
  now(): number;
  /** Milliseconds since an arbitrary start. Never goes back. */
  monotonic(): number;
  /** Runs `task` once, at least `delayMs` from now. Delays above one hour are not allowed. */
  schedule(delayMs: number, task: () => void): Timer;
}

/** A task that waits for its time. */
export interface Timer {
  /** Safe to call twice, and after the task ran. */
  cancel(): void;
}

/** The longest delay that a timer may be armed for: what is due later is a row of the store. */
export const TIMER_DELAY_MS_MAX = 3_600_000;

/** The machine's clocks and timers. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  schedule(delayMs: number, task: () => void): Timer {
    const timer = setTimeout(task, Math.min(Math.max(0, delayMs), TIMER_DELAY_MS_MAX));
    return { cancel: () => clearTimeout(timer) };
  }
}

/** Resolves after `delayMs` of the clock's time, or as soon as `signal` is aborted. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = clock.schedule(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });

    function done(): void {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}
