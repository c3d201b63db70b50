import { type Clock, type Timer, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Deciding } from './deciding.ts';

/** What it stands on. */
export interface ProposalTimerOptions {
  readonly store: Store;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deciding: Deciding;
}

/** The longest that nobody looks: a clock that is set forward is noticed then. */
const LOOK_MS_MAX = Math.min(3_600_000, TIMER_DELAY_MS_MAX);
/** How long after a look that failed the next one is. */
const AGAIN_MS = 5_000;
/** Proposals that are ended at once. */
const PAGE = 100;

/** Ends proposals that nobody answers in time. When that is stands in their rows. */
export class ProposalTimer implements Service {
  readonly name = 'proposals';
  readonly #options: ProposalTimerOptions;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  /** Whether something was opened while somebody looked. */
  #isStale = false;
  #works = false;

  constructor(options: ProposalTimerOptions) {
    this.#options = options;
    options.store.onCommitted((records) => this.#heard(records));
  }

  /** Ends at once what fell due while nobody was there. */
  async start(): Promise<void> {
    this.#works = true;
    this.#look();
  }

  async stop(): Promise<void> {
    this.#works = false;
    this.#timer?.cancel();
    await this.#looking;
  }

  #heard(records: readonly LogRecord[]): void {
    if (!this.#works || !records.some(({ type }) => type === 'proposal.opened')) return;
    this.#isStale = true;
    this.#look();
  }

  #look(): void {
    if (this.#looking !== undefined || !this.#works) return;
    this.#timer?.cancel();
    this.#isStale = false;
    this.#looking = this.#endDue()
      .catch((error: unknown) => {
        this.#options.logger.error('looking for proposals that are due failed', {
          error: messageOf(error),
        });
        return AGAIN_MS;
      })
      .then((delayMs) => {
        this.#looking = undefined;
        if (this.#isStale) return this.#look();
        if (this.#works) this.#timer = this.#options.clock.schedule(delayMs, () => this.#look());
      });
  }

  /** Resolves with how long nobody needs to look. */
  async #endDue(): Promise<number> {
    const { store, time, deciding } = this.#options;
    for (;;) {
      const now = time.now();
      const due = await store.dueEntities({ kind: 'proposal', now, limit: PAGE });
      const ended = await Promise.all(due.map(({ id }) => deciding.expire(id)));
      // What cannot be ended now, as on a full disk, is tried again a little later.
      if (ended.some(({ kind }) => kind === 'refused')) return AGAIN_MS;
      if (due.length < PAGE) break;
    }
    const far = Number.MAX_SAFE_INTEGER;
    const [next] = await store.dueEntities({ kind: 'proposal', now: far, limit: 1 });
    if (next?.due === null || next === undefined) return LOOK_MS_MAX;
    return Math.max(0, Math.min(LOOK_MS_MAX, next.due - time.now()));
  }
}
