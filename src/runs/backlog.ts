import type { RunRow, Store } from '../store/contract.ts';
import type { ClaimQuery } from '../store/queries.ts';
import { type Head, isBefore, type Waiting } from './lane-state.ts';

/** Rows of one lane that are read at once, the fewer the more lanes there are. */
const PAGE = 100;
const PAGE_LEAST = 8;
/** Rows that a store gives at once, however many it is asked for. */
const ROWS_MAX = 1_000;
/** Rows that are kept in memory for all lanes together, unless more lanes than that have some. */
const KEPT_MAX = 10_000;

/** What is known of the runs of one lane that wait. */
interface Stock {
  /** Those that are due, in the order of their due times. */
  readonly rows: RunRow[];
  /** The first that is due later; null where there is none. */
  later: Head | null;
  /** Whether there may be more than that. */
  more: boolean;
}

/** A lane that is being read. */
interface Reading {
  readonly done: Promise<void>;
  /** The runs that moved on meanwhile: what is read of them may be over. */
  readonly movedOn: Set<number>;
  /** Those of them that fall due, by what they have become. */
  readonly woken: Map<number, RunRow>;
}

/**
 * The runs that wait for their slots, lane by lane: read a page at a time, so that a lane with ten
 * thousand of them does not cost a question for each. One that falls due in this process is not
 * read at all.
 */
export class Backlog {
  readonly #store: Pick<Store, 'claimable'>;
  readonly #isTaken: (id: number) => boolean;
  readonly #stocks = new Map<string, Stock>();
  readonly #reading = new Map<string, Reading>();
  /** Runs that were handed out, by their lanes: the store knows them as they were for a moment. */
  readonly #out = new Map<number, string>();

  /** Runs that `isTaken` are not handed out. */
  constructor(store: Pick<Store, 'claimable'>, isTaken: (id: number) => boolean) {
    this.#store = store;
    this.#isTaken = isTaken;
  }

  /** The next run of the lane that is at hand; undefined where `read` has to come first. */
  take(lane: string, state: Waiting): RunRow | undefined {
    const key = keyOf(lane, state);
    const rows = this.#stocks.get(key)?.rows ?? [];
    for (;;) {
      const row = rows.shift();
      if (row === undefined) return undefined;
      if (this.#isTaken(row.id)) continue;
      this.#out.set(row.id, key);
      return row;
    }
  }

  /** The lane's first run; undefined where that is not known without reading. */
  head(lane: string, state: Waiting): Head | null | undefined {
    const key = keyOf(lane, state);
    const stock = this.#stocks.get(key);
    const row = stock?.rows.find(({ id }) => !this.#isTaken(id));
    if (row !== undefined) return headOf(row);
    if (stock === undefined || stock.more || this.#reading.has(key)) return undefined;
    this.#stocks.delete(key);
    return stock.later;
  }

  /** There may be more in the lane than is known. */
  grown(lane: string, state: Waiting): void {
    const stock = this.#stocks.get(keyOf(lane, state));
    if (stock !== undefined) stock.more = true;
  }

  /** A run is not what it was a moment ago. */
  moved(id: number): void {
    this.#out.delete(id);
    for (const { movedOn, woken } of this.#reading.values()) {
      movedOn.add(id);
      woken.delete(id);
    }
  }

  /** Nobody has a run any more that was handed out. */
  back(id: number): void {
    this.#out.delete(id);
  }

  /** A run that rested is due now, as this row says; `first` was the lane's first run before. */
  woke(row: RunRow, first: Head | null): void {
    const key = keyOf(row.lane, 'waiting');
    const reading = this.#reading.get(key);
    if (reading !== undefined) {
      reading.woken.set(row.id, row);
      return;
    }
    const stock = this.#stocks.get(key);
    if (stock !== undefined) return this.#insert(stock, row);
    if (first !== null && isBefore(first, headOf(row))) return;
    const more = first !== null && (first.id === 0 || first.id === row.id);
    this.#stocks.set(key, { rows: [row], later: more ? null : first, more });
  }

  /** Something has become of a run of the lane that waited. */
  forget(id: number, lane: string, state: Waiting): void {
    const stock = this.#stocks.get(keyOf(lane, state));
    if (stock === undefined) return;
    const place = stock.rows.findIndex((row) => row.id === id);
    if (place >= 0) stock.rows.splice(place, 1);
    if (stock.later?.id === id) stock.more = true;
  }

  /** Whether the lane is being read. */
  isRead(lane: string, state: Waiting): boolean {
    return this.#reading.has(keyOf(lane, state));
  }

  /** Reads what is due by `now`; who asks while it is being read shares the answer. */
  read(lane: string, state: Waiting, now: number): Promise<void> {
    const key = keyOf(lane, state);
    const under = this.#reading.get(key);
    if (under !== undefined) return under.done;
    const stock: Stock = { rows: [], later: null, more: false };
    this.#stocks.set(key, stock);
    const reading = { movedOn: new Set<number>(), woken: new Map<number, RunRow>() };
    const query = { lane, state, now: Number.MAX_SAFE_INTEGER, limit: this.#limitFor(key) };
    const done = this.#findFree(query, reading, now).then(
      ({ free, isWhole }) => {
        // At once: who falls due from now on is told to the stock, and no more to the reading.
        this.#reading.delete(key);
        this.#fill(stock, { free, isWhole, now, reading });
      },
      (error: unknown) => {
        this.#reading.delete(key);
        this.#stocks.delete(key);
        throw error;
      },
    );
    this.#reading.set(key, { done, ...reading });
    return done;
  }

  /** So many rows that there is a page of those that nobody has, if there are so many. */
  #limitFor(key: string): number {
    const page = Math.max(PAGE_LEAST, Math.min(PAGE, Math.floor(KEPT_MAX / this.#stocks.size)));
    let out = 0;
    for (const lane of this.#out.values()) if (lane === key) out++;
    return Math.min(ROWS_MAX, page + out);
  }

  /** The next rows that nobody has; `isWhole` where none that is due by `now` comes behind them. */
  async #findFree(
    query: ClaimQuery,
    { movedOn }: Pick<Reading, 'movedOn'>,
    now: number,
  ): Promise<Found> {
    for (let after: ClaimQuery['after']; ;) {
      const found = await this.#store.claimable({ ...query, after });
      const free = found.filter(({ id }) => !this.#isTaken(id) && !movedOn.has(id));
      const last = found.at(-1);
      const isFull = found.length >= query.limit && last !== undefined && isDue(last, now);
      if (!isFull || free.length > 0) {
        return { free, isWhole: !isFull && !found.some(({ id }) => movedOn.has(id)) };
      }
      after = headOf(last);
    }
  }

  #fill(
    stock: Stock,
    {
      free,
      isWhole,
      now,
      reading,
    }: Found & { readonly now: number; readonly reading: Pick<Reading, 'woken'> },
  ): void {
    stock.rows.push(...free.filter((row) => isDue(row, now)));
    const later = free.find((row) => !isDue(row, now));
    stock.later = later === undefined ? null : headOf(later);
    if (!isWhole) stock.more = true;
    for (const row of reading.woken.values()) this.#insert(stock, row);
  }

  /** Adds a row where it comes, unless others may come before it that are not known. */
  #insert(stock: Stock, row: RunRow): void {
    if (stock.later?.id === row.id) stock.more = true;
    if (stock.more || stock.rows.length >= KEPT_MAX / this.#stocks.size) {
      stock.more = true;
      return;
    }
    const before = stock.rows.findLastIndex((other) => isBefore(headOf(other), headOf(row)));
    stock.rows.splice(before + 1, 0, row);
  }
}

/** What was read of a lane. */
interface Found {
  readonly free: readonly RunRow[];
  readonly isWhole: boolean;
}

function isDue({ due }: RunRow, now: number): boolean {
  return (due ?? 0) <= now;
}

/** Where the run comes among those of its lane. */
export function headOf({ due, id }: RunRow): Head {
  return { due: due ?? 0, id };
}

function keyOf(lane: string, state: Waiting): string {
  return `${state} ${lane}`;
}
