import type { Clock, Timer } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { Store, Unit } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { ownRecord } from '../store/record.ts';
import {
  hourAfter,
  type HourOfReceipts,
  hourOf,
  type ReceiptBook,
  ReceiptCount,
  type ReceiptSums,
} from './receipts.ts';

/** What a recorder counts from, and writes with. */
export interface ReceiptRecorderOptions {
  readonly store: Store;
  readonly book: ReceiptBook;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The name under which the sum of all recorded receipts is kept. */
const CONSUMER = 'receipts';

/** What is recorded, and how many records that are. */
interface Recorded {
  readonly at: number;
  readonly count: ReceiptCount;
}

/**
 * Records once an hour, and at the stop, what came that was no new event: one record an hour in
 * which there was any, and the sum of all in the same commit. A crash loses what was counted since
 * the hour began.
 */
export class ReceiptRecorder implements Service {
  readonly name = 'receipts';
  readonly #options: ReceiptRecorderOptions;
  #recorded: Promise<Recorded> | undefined;
  #timer: Timer | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;
  /** What is being written: in the book no more, and not recorded yet. */
  #underWay: ReceiptCount | undefined;

  constructor(options: ReceiptRecorderOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#flush(Number.POSITIVE_INFINITY);
  }

  /** The sums since the log began, what is not recorded yet included. */
  async sums(): Promise<ReceiptSums> {
    const recorded = await this.#load();
    const total = new ReceiptCount();
    total.add(recorded.count);
    if (this.#underWay !== undefined) total.add(this.#underWay);
    total.add(this.#options.book.total());
    return total.sums();
  }

  #arm(): void {
    const { clock, time } = this.#options;
    const now = time.now();
    this.#timer = clock.schedule(hourAfter(now) - now, () => {
      void this.#flush(hourOf(time.now()));
      if (!this.#stopped) this.#arm();
    });
  }

  /** Records the hours that began before `before`, one after the other. Never rejects. */
  #flush(before: number): Promise<void> {
    this.#work = this.#work.then(() => this.#recordAll(before));
    return this.#work;
  }

  async #recordAll(before: number): Promise<void> {
    const { book, logger } = this.#options;
    for (const hour of book.take(before)) {
      this.#underWay = hour.count;
      try {
        if (await this.#record(hour)) continue;
        logger.warn('receipts could not be recorded and are kept', {
          because: 'no space, or stale',
        });
      } catch (error) {
        logger.warn('receipts could not be recorded and are kept', { because: messageOf(error) });
      } finally {
        this.#underWay = undefined;
      }
      book.putBack(hour);
    }
  }

  /** False where nothing was written. */
  async #record({ hour, count }: HourOfReceipts): Promise<boolean> {
    const { store, time } = this.#options;
    const { at, count: before } = await this.#load();
    const after = new ReceiptCount();
    after.add(before);
    after.add(count);
    const { sources } = count.sums();
    const data = JSON.stringify({ hour: new Date(hour).toISOString(), sources });
    const cause = { correlation: null, causation: null, hops: 0 };
    const record = ownRecord('receipts.counted', data, time.now(), cause);
    const state = JSON.stringify({ sources: after.sums().sources });
    const unit: Unit = {
      writes: [{ kind: 'event', record }],
      checkpoint: { consumer: CONSUMER, from: at, to: at + 1, state },
    };
    const result = await store.append(unit);
    // Somebody else has recorded meanwhile: what is known is read again for the next time.
    if (result.kind === 'stale') this.#recorded = undefined;
    if (result.kind !== 'appended') return false;
    this.#recorded = Promise.resolve({ at: at + 1, count: after });
    return true;
  }

  /** Read when it is first needed: a command that only emits does not wait for it. */
  async #load(): Promise<Recorded> {
    this.#recorded ??= this.#read();
    try {
      return await this.#recorded;
    } catch (error) {
      this.#recorded = undefined;
      throw error;
    }
  }

  async #read(): Promise<Recorded> {
    const { seq, state } = await this.#options.store.checkpoint(CONSUMER);
    return { at: seq, count: ReceiptCount.from(JSON.parse(state)) };
  }
}
