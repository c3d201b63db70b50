import { isObject } from '../std/json.ts';

/** What was not recorded as a new event. */
export interface Receipts {
  readonly duplicates: number;
  readonly conflicts: number;
  readonly refused: number;
}

/** The sums of all sources, and of each. */
export interface ReceiptSums extends Receipts {
  readonly sources: { readonly [source: string]: Receipts };
}

/** How many sources are counted by name; those that come later are counted together. */
export const SOURCES_MAX = 100;
/** Under which name. */
export const OTHER_SOURCES = 'other';
const HOUR_MS = 3_600_000;
/** How many hours are kept apart while they cannot be recorded; later ones are counted as one. */
const HOURS_MAX = 48;

type Counting = { -readonly [Kind in keyof Receipts]: number };

/** Receipts by their sources. */
export class ReceiptCount {
  readonly #sources = new Map<string, Counting>();

  /** Reads back what `sums` gave; what is not there counts as nothing. Never throws. */
  static from(sums: unknown): ReceiptCount {
    const count = new ReceiptCount();
    const sources = isObject(sums) ? sums['sources'] : undefined;
    if (!isObject(sources)) return count;
    for (const [source, receipts] of Object.entries(sources)) {
      if (isObject(receipts)) count.#add(source, receipts);
    }
    return count;
  }

  note(source: string, kind: keyof Receipts): void {
    this.#of(source)[kind]++;
  }

  add(other: ReceiptCount): void {
    for (const [source, receipts] of other.#sources) this.#add(source, receipts);
  }

  sums(): ReceiptSums {
    const all = { duplicates: 0, conflicts: 0, refused: 0 };
    for (const receipts of this.#sources.values()) addTo(all, receipts);
    return { ...all, sources: Object.fromEntries(this.#sources) };
  }

  #add(source: string, receipts: { readonly [Kind in keyof Receipts]?: unknown }): void {
    addTo(this.#of(source), receipts);
  }

  #of(source: string): Counting {
    const known = this.#sources.get(source);
    if (known !== undefined) return known;
    if (this.#sources.size >= SOURCES_MAX && source !== OTHER_SOURCES) {
      return this.#of(OTHER_SOURCES);
    }
    const counting = { duplicates: 0, conflicts: 0, refused: 0 };
    this.#sources.set(source, counting);
    return counting;
  }
}

/** One hour's receipts. */
export interface HourOfReceipts {
  /** When the hour began, in engine time. */
  readonly hour: number;
  readonly count: ReceiptCount;
}

/** The receipts that are not recorded yet, by hour and source. */
export class ReceiptBook {
  #hours: HourOfReceipts[] = [];

  note(source: string, kind: keyof Receipts, now: number): void {
    this.#at(hourOf(now)).note(source, kind);
  }

  /** Takes out what was counted in the hours that began before `before`, oldest first. */
  take(before: number): readonly HourOfReceipts[] {
    const taken = this.#hours.filter(({ hour }) => hour < before);
    this.#hours = this.#hours.filter(({ hour }) => hour >= before);
    return taken;
  }

  /** Puts back what could not be recorded. */
  putBack({ hour, count }: HourOfReceipts): void {
    this.#at(hour).add(count);
  }

  /** All that is in the book. */
  total(): ReceiptCount {
    const total = new ReceiptCount();
    for (const { count } of this.#hours) total.add(count);
    return total;
  }

  #at(hour: number): ReceiptCount {
    const known = this.#hours.findLast((each) => each.hour === hour);
    if (known !== undefined) return known.count;
    const last = this.#hours.at(-1);
    if (last !== undefined && this.#hours.length >= HOURS_MAX) return last.count;
    const count = new ReceiptCount();
    this.#hours = [...this.#hours, { hour, count }].toSorted((a, b) => a.hour - b.hour);
    return count;
  }
}

/** When the hour of an instant began. */
export function hourOf(now: number): number {
  return now - (now % HOUR_MS);
}

/** When the next hour begins. */
export function hourAfter(now: number): number {
  return hourOf(now) + HOUR_MS;
}

function addTo(
  sum: Counting,
  { duplicates, conflicts, refused }: { readonly [Kind in keyof Receipts]?: unknown },
): void {
  sum.duplicates += numberOf(duplicates);
  sum.conflicts += numberOf(conflicts);
  sum.refused += numberOf(refused);
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
