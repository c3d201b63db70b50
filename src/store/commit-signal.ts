import type { Clock } from '../std/clock.ts';
import type { Store } from './contract.ts';

/** Wakes those who wait for the log to grow. */
export class CommitSignal {
  readonly #clock: Clock;
  readonly #sleepers = new Set<() => void>();

  constructor(store: Store, clock: Clock) {
    this.#clock = clock;
    store.onCommitted(() => this.#wake());
  }

  /** Resolves with the next commit, after `delayMs`, or when `signal` is aborted. */
  next(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        timer.cancel();
        this.#sleepers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.#clock.schedule(delayMs, done);
      this.#sleepers.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #wake(): void {
    for (const done of this.#sleepers) done();
  }
}
