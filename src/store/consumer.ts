import type { Clock, Timer } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { CheckpointMove, LogRecord, Store } from './contract.ts';

/** What a consumer of the log is made of. */
export interface ConsumerOptions {
  readonly store: Pick<Store, 'append' | 'checkpoint' | 'head' | 'onCommitted' | 'read'>;
  readonly clock: Clock;
  /** The name under which its place in the log is kept. */
  readonly name: string;
  /** The types of records that it takes; `among` is a prefix of all of them that ends in `*`. */
  readonly types: ReadonlySet<string>;
  readonly among?: string;
  /**
   * Takes a record; true where its place is to be kept before the next one. What it throws has the
   * same record taken again a little later. Who writes something of a record moves the place in the
   * same commit: see `move`.
   */
  readonly take: (record: LogRecord) => Promise<boolean>;
  /** Called when all that was heard of is taken. */
  readonly rests?: () => void;
  /** Told why a record cannot be taken for the moment: once, until that changes. */
  readonly suffers: (reason: string) => void;
}

/** Records that may pass without a meaning before the place is kept all the same. */
const UNRECORDED_MAX = 10_000;
const PAGE = 500;
/** How long it waits where something went wrong, such as a full disk. */
const RETRY_MS = 1_000;

/**
 * Takes the records of some types, one after the other in the order of the log, also those that
 * came while nobody did: its place moves only behind what is taken. A record may be taken again
 * where the process died before its place was kept, unless both are one commit.
 */
export class Consumer {
  readonly #options: ConsumerOptions;
  /** Records that are yet to be taken. */
  #news: LogRecord[] = [];
  /** The last seq that was heard of. */
  #heard = 0;
  /** The place that is kept. */
  #kept = 0;
  #listens = false;
  #turn: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #trouble: string | undefined;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    options.store.onCommitted((records) => this.#hear(records));
  }

  /** Whether it takes what comes. */
  get listens(): boolean {
    return this.#listens;
  }

  /** Reads what was missed, and begins to take it. */
  async start(): Promise<void> {
    const { store, name, types, among } = this.#options;
    const { seq } = await store.checkpoint(name);
    // From here on news are kept, and what came before is read.
    const head = store.head();
    this.#listens = true;
    this.#kept = seq;
    this.#heard = Math.max(this.#heard, head);
    const missed: LogRecord[] = [];
    for (let after = seq; after < head;) {
      const records = await store.read({ after, limit: PAGE, until: head, type: among });
      missed.push(...records.filter(({ type }) => types.has(type)));
      after = records.at(-1)?.seq ?? head;
    }
    this.#news = [...missed, ...this.#news.filter((record) => record.seq > head)];
    this.#pursue();
  }

  /** Ends with the record under way; what is left is taken after the next start. */
  async stop(): Promise<void> {
    this.#listens = false;
    this.#timer?.cancel();
    await this.#turn;
    if (this.#news.length > 0 || this.#heard <= this.#kept) return;
    await this.#keep(this.#heard).catch(() => {});
  }

  /** Resolves when all is taken, or cannot be for the moment, that was heard of before. */
  settled(): Promise<void> {
    return this.#turn;
  }

  /** Does something between two records. */
  between<T>(deed: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(deed);
    this.#turn = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  /** How its place moves behind a record; undefined where it stands there. */
  move(to: number): CheckpointMove | undefined {
    if (to <= this.#kept) return undefined;
    return { consumer: this.#options.name, from: this.#kept, to, state: '{}' };
  }

  /** Notes a move that was committed. */
  moved(move: CheckpointMove): void {
    this.#kept = move.to;
  }

  #hear(records: readonly LogRecord[]): void {
    if (!this.#listens) return;
    this.#heard = Math.max(this.#heard, records.at(-1)?.seq ?? 0);
    const news = records.filter(({ type }) => this.#options.types.has(type));
    if (news.length === 0 && this.#heard - this.#kept < UNRECORDED_MAX) return;
    this.#news.push(...news);
    this.#pursue();
  }

  #pursue(): void {
    void this.between(() => this.#takeAll()).then(
      () => (this.#trouble = undefined),
      (error: unknown) => this.#suffer(messageOf(error)),
    );
  }

  #suffer(reason: string): void {
    if (!this.#listens) return;
    const { clock, suffers } = this.#options;
    if (this.#trouble !== reason) suffers(reason);
    this.#trouble = reason;
    this.#timer?.cancel();
    this.#timer = clock.schedule(RETRY_MS, () => {
      if (this.#listens) this.#pursue();
    });
  }

  async #takeAll(): Promise<void> {
    const upTo = this.#heard;
    for (let record = this.#news[0]; record !== undefined; record = this.#news[0]) {
      if (!this.#listens) return;
      const { seq } = record;
      if (seq > this.#kept && (await this.#options.take(record))) await this.#keep(seq);
      this.#news.shift();
    }
    await this.#keep(upTo);
    this.#options.rests?.();
  }

  /** @throws Error where the place cannot be kept. */
  async #keep(to: number): Promise<void> {
    const checkpoint = this.move(to);
    if (checkpoint === undefined) return;
    const result = await this.#options.store.append({ writes: [], checkpoint });
    if (result.kind !== 'appended') {
      throw new Error('nothing was recorded, as the disk is full or somebody else does the same');
    }
    this.moved(checkpoint);
  }
}
