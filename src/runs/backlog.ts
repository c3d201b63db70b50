import type { RunRow, Store } from '../store/contract.ts';
import type { Head, Waiting } from './lane-state.ts';

/** Rows of one lane that are read at once, the fewer the more lanes there are. */
const PAGE = 100;
const PAGE_LEAST = 8;
/** Rows that are kept in memory for all lanes together, unless more lanes than that have some. */
const KEPT_MAX = 10_000;

/** What was read of the runs of one lane that wait. */
interface Stock {
  /** Those that are due, in the order of their due times. */
  readonly rows: RunRow[];
  /** The first that is due later; null where there is none. */
  later: Head | null;
  /** Whether there may be more than was read. */
  more: boolean;
}

/**
 * The runs that wait for their slots, lane by lane: read a page at a time, so that a lane with ten
 * thousand of them does not cost a question for each.
 */
export class Backlog {
  readonly #store: Store;
  readonly #isTaken: (id: number) => boolean;
  readonly #stocks = new Map<string, Stock>();
  readonly #reading = new Map<string, Promise<void>>();
  /** For each reading, the runs that moved on meanwhile: what it says of them may be over. */
  readonly #movedOn = new Set<Set<number>>();

  /** Runs that `isTaken` are not handed out. */
  constructor(store: Store, isTaken: (id: number) => boolean) {
    this.#store = store;
    this.#isTaken = isTaken;
  }

  /** The next run of the lane that is at hand; undefined where `read` has to come first. */
  take(lane: string, state: Waiting): RunRow | undefined {
    const rows = this.#stocks.get(keyOf(lane, state))?.rows ?? [];
    for (;;) {
      const row = rows.shift();
      if (row === undefined || !this.#isTaken(row.id)) return row;
    }
  }

  /** The lane's first run; undefined where that is not known without reading. */
  head(lane: string, state: Waiting): Head | null | undefined {
    const stock = this.#stocks.get(keyOf(lane, state));
    const row = stock?.rows.find(({ id }) => !this.#isTaken(id));
    if (row !== undefined) return { due: row.due ?? 0, id: row.id };
    if (stock === undefined || stock.more) return undefined;
    this.#stocks.delete(keyOf(lane, state));
    return stock.later;
  }

  /** There may be more in the lane than was read. */
  grown(lane: string, state: Waiting): void {
    const stock = this.#stocks.get(keyOf(lane, state));
    if (stock !== undefined) stock.more = true;
  }

  /** A run is not what it was a moment ago. */
  moved(id: number): void {
    for (const ids of this.#movedOn) ids.add(id);
  }

  /** Something has become of runs of the lane that waited: what was read of it is void. */
  forget(lane: string, state: Waiting): void {
    this.#stocks.delete(keyOf(lane, state));
  }

  /** Reads what is due by `now`; who asks while it is being read shares the answer. */
  read(lane: string, state: Waiting, now: number, taken: number): Promise<void> {
    const key = keyOf(lane, state);
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#read(lane, state, now, taken).finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  async #read(lane: string, state: Waiting, now: number, taken: number): Promise<void> {
    const stock: Stock = { rows: [], later: null, more: false };
    this.#stocks.set(keyOf(lane, state), stock);
    const page = Math.max(PAGE_LEAST, Math.min(PAGE, Math.floor(KEPT_MAX / this.#stocks.size)));
    // What is taken stands in the store as it was until its first record.
    const limit = page + taken;
    const query = { lane, state, now: Number.MAX_SAFE_INTEGER, limit };
    const movedOn = new Set<number>();
    this.#movedOn.add(movedOn);
    const found = await this.#store.claimable(query).finally(() => this.#movedOn.delete(movedOn));
    const last = found.at(-1);
    const free = found.filter(({ id }) => !this.#isTaken(id) && !movedOn.has(id));
    const isDue = ({ due }: RunRow): boolean => (due ?? 0) <= now;
    const later = free.find((row) => !isDue(row));
    stock.rows.push(...free.filter(isDue));
    stock.later = later === undefined ? null : { due: later.due ?? 0, id: later.id };
    const isFull = found.length >= limit && last !== undefined && isDue(last);
    if (isFull || found.some(({ id }) => movedOn.has(id))) stock.more = true;
  }
}

function keyOf(lane: string, state: Waiting): string {
  return `${state} ${lane}`;
}
