import type { Clock } from '../std/clock.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';

export interface LooksOptions<Found> {
  /** What is looked at, for the log. */
  readonly what: string;
  readonly look: () => Promise<Found>;
  /** How often it is looked at most, in milliseconds. */
  readonly everyMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Something that costs more than a glance, looked at on the side once in a while as long as
 * somebody asks.
 */
export class Looks<Found> {
  readonly #options: LooksOptions<Found>;
  #last: Found | undefined;
  #tried = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | undefined;

  constructor(options: LooksOptions<Found>) {
    this.#options = options;
  }

  /** What was found last, perhaps long ago; undefined before anything was. */
  get latest(): Found | undefined {
    this.#refresh();
    return this.#last;
  }

  /** Resolves when it has been looked at a moment ago. Never rejects. */
  async fresh(): Promise<void> {
    this.#refresh();
    await this.#underWay;
  }

  #refresh(): void {
    const { clock, everyMs } = this.#options;
    const now = clock.monotonic();
    if (this.#underWay !== undefined || now - this.#tried < everyMs) return;
    this.#tried = now;
    this.#underWay = this.#look().finally(() => {
      this.#underWay = undefined;
    });
  }

  /** What cannot be seen is not known, and said. */
  async #look(): Promise<void> {
    const { look, what, logger } = this.#options;
    try {
      this.#last = await look();
    } catch (error) {
      const isEnd = error instanceof SignalboxError && error.code === 'store.closed';
      if (!isEnd) logger.warn(`${what} cannot be told`, { error: messageOf(error) });
    }
  }
}
