import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type Clock, type Timer } from '../../std/clock.ts';

/** How long a change of a file may go unnoticed where the system gives no hint of it. */
export const POLL_MS = 1_000;

/** Says when it is worth looking at a file again: hints may lack, and mean nothing certain. */
export class FileHints {
  readonly #path: string;
  readonly #clock: Clock;
  #watcher: FSWatcher | undefined;
  #folder: bigint | undefined;
  #hinted = false;
  #timer: Timer | undefined;
  #waiting: (() => void) | undefined;
  #stopped = false;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Resolves at the next hint, at once where there was one since, or after `POLL_MS`. */
  async wait(): Promise<void> {
    await this.#watchFolder();
    if (!this.#hinted) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
        this.#timer = this.#clock.schedule(POLL_MS, () => this.hint());
      });
    }
    this.#hinted = false;
  }

  /** Says that it is worth looking. */
  hint(): void {
    this.#hinted = true;
    this.#timer?.cancel();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  /** Ends all waits, and watches no more. */
  stop(): void {
    this.#stopped = true;
    this.#unwatch();
    this.hint();
  }

  /** The folder may come later, or be another one now. */
  async #watchFolder(): Promise<void> {
    const folder = dirname(this.#path);
    const found = await stat(folder, { bigint: true }).catch(() => undefined);
    if (this.#stopped || found?.ino === this.#folder) return;
    this.#unwatch();
    if (found === undefined) return;
    try {
      this.#watcher = watch(folder, (_, name) => {
        if (name === null || name === basename(this.#path)) this.hint();
      });
      this.#watcher.on('error', () => this.#unwatch());
      this.#folder = found.ino;
    } catch {
      // No watches are left: looking now and then finds the same.
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#folder = undefined;
  }
}
