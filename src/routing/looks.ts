import type { Clock } from '../std/clock.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';

export interface LooksOptions<Found> {
  /** What is looked at, for the log. */
  readonly what: string;
  readonly look: () => Promise<Found>;
  /** How often it is looked at most, in milliseconds. */
  readonly everyMs: number;
  /** Told of what was found. */
  readonly found?: (found: Found) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How old something may be that was seen and still says something, in milliseconds. */
const STALE_MS = 10_000;

/**
 * Something that costs more than a glance, looked at on the side once in a while as long as
 * somebody asks: nobody waits for the answer.
 */
export class Looks<Found> {
  readonly #options: LooksOptions<Found>;
  #last: { readonly at: number; readonly found: Found } | undefined;
  #tried = Number.NEGATIVE_INFINITY;
  #looking = false;

  constructor(options: LooksOptions<Found>) {
    this.#options = options;
  }

  /** Whether a look is under way. */
  get looking(): boolean {
    return this.#looking;
  }

  /** What was found a moment ago; undefined where nobody has asked lately. */
  get latest(): Found | undefined {
    const now = this.#options.clock.monotonic();
    if (!this.#looking && now - this.#tried >= this.#options.everyMs) void this.#look(now);
    return this.#last === undefined || now - this.#last.at >= STALE_MS
      ? undefined
      : this.#last.found;
  }

  /** Never rejects: what cannot be seen is not known, and said. */
  async #look(now: number): Promise<void> {
    const { look, found: tell, what, logger } = this.#options;
    this.#looking = true;
    this.#tried = now;
    try {
      const found = await look();
      this.#last = { at: now, found };
      tell?.(found);
    } catch (error) {
      const isEnd = error instanceof SignalboxError && error.code === 'store.closed';
      if (!isEnd) logger.warn(`${what} cannot be told`, { error: messageOf(error) });
    } finally {
      this.#looking = false;
    }
  }
}
