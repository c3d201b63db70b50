import { SignalboxError } from '../../std/errors.ts';
import type { LogRecord } from '../contract.ts';
import type { LogQuery } from '../queries.ts';

/** Records that one reading of the log fetches for those who listen. */
const PAGE_RECORDS = 1_000;

type Listener = (records: readonly LogRecord[]) => void;

interface Waiter {
  readonly seq: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Brings the records of all clients to those who listen, once each and in the order of the log.
 *
 * What this client wrote is passed on from memory. What others wrote before it is read first: their
 * commits are older, as seqs are given in the order of commits.
 */
export class Tail {
  readonly #read: (query: LogQuery) => Promise<LogRecord[]>;
  readonly #listeners: Listener[] = [];
  readonly #own = new Map<number, readonly LogRecord[]>();
  #waiters: Waiter[] = [];
  #heard: number;
  #known: number;
  #reading = false;

  constructor(head: number, read: (query: LogQuery) => Promise<LogRecord[]>) {
    this.#heard = head;
    this.#known = head;
    this.#read = read;
  }

  /** The last seq that all who listen have heard of. */
  head(): number {
    return this.#heard;
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Passes on what this client committed. Resolves when all who listen have heard of it. */
  publish(records: readonly LogRecord[]): Promise<void> {
    const first = records[0]?.seq;
    const last = records.at(-1)?.seq;
    if (first === undefined || last === undefined || last <= this.#heard) return Promise.resolve();
    this.#own.set(first, records);
    this.#known = Math.max(this.#known, last);
    this.#advance();
    if (last <= this.#heard) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ seq: last, resolve, reject });
    });
  }

  /** Says that the log has grown to `head`, by whomever. */
  notice(head: number): void {
    this.#known = Math.max(this.#known, head);
    this.#advance();
  }

  #advance(): void {
    if (this.#reading) return;
    if (this.#listeners.length === 0) this.#pass(this.#known, []);
    for (let own = this.#takeOwn(); own !== undefined; own = this.#takeOwn()) {
      this.#pass(own.at(-1)?.seq ?? this.#heard, own);
    }
    if (this.#known > this.#heard) void this.#fill();
  }

  #takeOwn(): readonly LogRecord[] | undefined {
    for (const [first, records] of this.#own) {
      if (first > this.#heard + 1) continue;
      this.#own.delete(first);
      const news = records.filter(({ seq }) => seq > this.#heard);
      if (news.length > 0) return news;
    }
    return undefined;
  }

  async #fill(): Promise<void> {
    this.#reading = true;
    try {
      const records = await this.#read({
        after: this.#heard,
        until: Math.min(this.#known, ...[...this.#own.keys()].map((first) => first - 1)),
        limit: PAGE_RECORDS,
      });
      const head = records.at(-1)?.seq;
      if (head === undefined) throw gap(this.#heard, this.#known);
      this.#pass(head, records);
      this.#reading = false;
      this.#advance();
    } catch (error) {
      this.#reading = false;
      for (const { reject } of this.#waiters.splice(0)) reject(error);
    }
  }

  #pass(head: number, records: readonly LogRecord[]): void {
    this.#heard = Math.max(this.#heard, head);
    if (records.length > 0) for (const listener of this.#listeners) listener(records);
    const heard = this.#heard;
    for (const { resolve } of this.#waiters.filter(({ seq }) => seq <= heard)) resolve();
    this.#waiters = this.#waiters.filter(({ seq }) => seq > heard);
  }
}

function gap(heard: number, known: number): SignalboxError {
  const message =
    `PostgreSQL has no record after ${heard}, though the log reaches ${known}. ` +
    `Was the database restored or its tables changed by hand? Restart every daemon on it.`;
  return new SignalboxError('data.corrupt', message);
}
