import type { LogRecord, Store } from '../store/contract.ts';

/** Records and payload characters that are kept in memory for those who follow the log closely. */
const RING_RECORDS_MAX = 4_096;
const RING_LENGTH_MAX = 4_194_304;
/** Records that one reading yields. */
const BATCH = 512;

/**
 * Follows the log: what was committed a moment ago comes from memory, what is older from the store,
 * and the reader cannot tell.
 */
export class LogFollower {
  readonly #store: Store;
  #ring: LogRecord[] = [];
  #ringLength = 0;
  #waiting: (() => void) | undefined;

  constructor(store: Store) {
    this.#store = store;
    store.onCommitted((records) => this.#keep(records));
  }

  /** The records behind `after`, in order; empty where there are none yet. */
  async next(after: number): Promise<readonly LogRecord[]> {
    const [first] = this.#ring;
    if (first === undefined || first.seq > after + 1) {
      return this.#store.head() > after ? this.#store.read({ after, limit: BATCH }) : [];
    }
    const from = after + 1 - first.seq;
    const batch = this.#ring.slice(from, from + BATCH);
    // What was read is let go: kept longer, it would only be copied about by the collector.
    if (from >= BATCH || from === this.#ring.length) this.#cut(from);
    return batch;
  }

  /** The same for who looks ahead: nothing is let go, and nothing is held that was let go. */
  async peek(after: number): Promise<readonly LogRecord[]> {
    const [first] = this.#ring;
    if (first === undefined || first.seq > after + 1) {
      return this.#store.head() > after ? this.#store.read({ after, limit: BATCH }) : [];
    }
    const from = after + 1 - first.seq;
    return this.#ring.slice(from, from + BATCH);
  }

  /** Resolves when something behind `after` is there, or when `wake` is called. */
  async wait(after: number): Promise<void> {
    if (this.#store.head() > after) return;
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Ends a wait. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  #keep(records: readonly LogRecord[]): void {
    for (const record of records) {
      this.#ring.push(record);
      this.#ringLength += record.data.length;
    }
    if (this.#ring.length > 2 * RING_RECORDS_MAX || this.#ringLength > 2 * RING_LENGTH_MAX)
      this.#trim();
    this.wake();
  }

  /** Halves what is kept, seldom, since to cut off the head of an array costs its length. */
  #trim(): void {
    let from = Math.max(0, this.#ring.length - RING_RECORDS_MAX);
    let length = this.#ring.slice(from).reduce((sum, { data }) => sum + data.length, 0);
    while (length > RING_LENGTH_MAX && from < this.#ring.length) {
      length -= this.#ring[from]?.data.length ?? 0;
      from++;
    }
    this.#cut(from);
  }

  #cut(from: number): void {
    for (const { data } of this.#ring.slice(0, from)) this.#ringLength -= data.length;
    this.#ring = this.#ring.slice(from);
  }
}
