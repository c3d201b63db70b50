import type { Event } from '../../events/event.ts';
import { backoff, type Backoff } from '../../std/backoff.ts';
import { type Clock, delay } from '../../std/clock.ts';
import { messageOf, RetryableError, TerminalError } from '../../std/errors.ts';
import type { Logger } from '../../std/logger.ts';
import type { Random } from '../../std/random.ts';
import type { Service } from '../../std/service.ts';
import type { CommitSignal } from '../../store/commit-signal.ts';
import type { LogRecord, Store } from '../../store/contract.ts';
import { isImported, toEvent } from '../../store/record.ts';

/**
 * Told of an event. `signal` is aborted when the box stops: what has not ended by then is told
 * again after the next start.
 */
export type Listener = (
  event: Event,
  about: { readonly signal: AbortSignal },
) => void | Promise<void>;

/** What a subscription is. */
export interface SubscriptionOptions {
  /** A type of events, or what types begin with and `*`. */
  readonly type: string;
  /** What its place in the log is kept under. */
  readonly name: string;
  readonly listener: Listener;
  /** Where it begins the first time: behind this seq. Where the log ends if left out. */
  readonly after?: number | undefined;
}

/** What a subscriber follows the log with. */
export interface Following {
  readonly store: Store;
  readonly commits: CommitSignal;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Before the name of each subscriber among the log's consumers. */
export const SUBSCRIBERS = 'subscriber:';

/** What the place of a subscriber is kept under, among those of the log's other consumers. */
export function placeOf(name: string): string {
  return `${SUBSCRIBERS}${name}`;
}

/** Records that one reading yields. */
const PAGE = 100;
/** Longer than this no place is kept to oneself: a crash repeats no more than what it took. */
const KEEP_MS = 1_000;
/** Records of other types that are passed before the place is kept. */
const PASSED_MAX = 10_000;
/** How often is looked where no commit tells of it, and after what time that is kept. */
const LOOK_MS = 60_000;
/** How long a listener may take to end when the box stops. */
const DRAIN_MS = 5_000;
const RETRY: Backoff = { delayMs: 1_000, factor: 2, delayMsMax: 60_000 };

/**
 * Tells a listener of every event of a type, in the order of the log, each at least once: its place
 * is kept in the store, and moves behind an event when the listener has taken it. What it throws is
 * reported, and the event is told again until it is taken; a `TerminalError` passes it over.
 */
export class Subscriber implements Service {
  readonly name: string;
  readonly #options: SubscriptionOptions;
  readonly #following: Following;
  readonly #stopping = new AbortController();
  /** Behind the last event that was taken. */
  #at = 0;
  /** The place that the store knows, and when it was kept. */
  #kept = 0;
  #keptAt = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: SubscriptionOptions, following: Following) {
    this.name = placeOf(options.name);
    this.#options = options;
    this.#following = following;
  }

  /** The seq of the last event that it has taken, or passed over. */
  get at(): number {
    return this.#at;
  }

  async start(): Promise<void> {
    const { store, clock } = this.#following;
    this.#kept = (await store.checkpoint(this.name)).seq;
    this.#keptAt = clock.monotonic();
    this.#at = this.#kept === 0 ? (this.#options.after ?? store.head()) : this.#kept;
    await this.#keep();
    this.#loop = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const { clock } = this.#following;
    const drained = new AbortController();
    await Promise.race([this.#loop, delay(clock, DRAIN_MS, drained.signal)]);
    drained.abort();
    await this.#keep();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#step(signal);
      } catch (error) {
        const { logger, clock } = this.#following;
        logger.error('a subscriber cannot follow the log', this.#said(error));
        await delay(clock, RETRY.delayMs, signal);
      }
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { store, commits } = this.#following;
    const head = store.head();
    const query = { after: this.#at, limit: PAGE, type: this.#options.type };
    const records = head > this.#at ? await store.read(query) : [];
    for (const record of records) {
      if (!(await this.#take(record, signal))) return;
      this.#at = record.seq;
      await this.#keepNowAndThen();
    }
    if (records.length > 0) return this.#keep();
    this.#at = Math.max(this.#at, head);
    // What it has passed over need not stay in the log for it.
    const isOld = this.#following.clock.monotonic() - this.#keptAt >= LOOK_MS;
    if (isOld || this.#at - this.#kept > PASSED_MAX) await this.#keep();
    if (store.head() === this.#at) await commits.next(LOOK_MS, signal);
  }

  /** Whether the listener has taken the event, or need not; false where the box stops first. */
  async #take(record: LogRecord, signal: AbortSignal): Promise<boolean> {
    if (isImported(record)) return true;
    const { store, clock, random, logger } = this.#following;
    for (let failed = 1; !signal.aborted; failed++) {
      try {
        await this.#options.listener(toEvent(record, store.identity), { signal });
        return true;
      } catch (error) {
        const about = { ...this.#said(error), event: record.seq, failed };
        if (error instanceof TerminalError) {
          logger.error('a subscriber failed for good, and passes the event over', about);
          return true;
        }
        const asked = error instanceof RetryableError ? error.afterMs : undefined;
        const pause = asked ?? backoff(RETRY, failed, random);
        logger.warn('a subscriber failed, and is told again', { ...about, after_ms: pause });
        await delay(clock, pause, signal);
      }
    }
    return false;
  }

  async #keepNowAndThen(): Promise<void> {
    if (this.#following.clock.monotonic() - this.#keptAt >= KEEP_MS) await this.#keep();
  }

  /** A place that could not be kept is kept with the next: meanwhile a crash repeats more. */
  async #keep(): Promise<void> {
    const { store, clock } = this.#following;
    this.#keptAt = clock.monotonic();
    const to = this.#at;
    if (to === this.#kept) return;
    const checkpoint = { consumer: this.name, from: this.#kept, to, state: '{}' };
    const { kind } = await store.append({ writes: [], checkpoint });
    if (kind === 'appended') this.#kept = to;
    else if (kind === 'stale') throw new Error('somebody else has moved its place in the log');
  }

  #said(error: unknown): { readonly subscriber: string; readonly error: string } {
    return { subscriber: this.#options.name, error: messageOf(error) };
  }
}
