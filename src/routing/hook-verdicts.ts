import { HOOKS } from '../runs/amended.ts';
import type { Store } from '../store/contract.ts';
import { type HookVerdict, VERDICT_TYPES, verdictOf } from './hook-verdict.ts';

/** Verdicts, and the data in them by events, that may be held for the router. */
const HELD_MAX = 1_000;
const HELD_LENGTH_MAX = 16_777_216;
/** Records of one reading. */
const PAGE = 1_000;
/** Records that one reading looks at. */
const WINDOW = 10_000;

interface Held {
  readonly verdict: HookVerdict;
  readonly length: number;
}

/** The verdicts that are recorded, of events that are not routed yet. */
export class HookVerdicts {
  /** In the order of the events. */
  readonly #held = new Map<number, Held>();
  #length = 0;
  #whenRoom: (() => void) | undefined;

  /** Reads what was recorded of events behind `routed`. */
  async load(store: Store, routed: number): Promise<void> {
    const { seq } = await store.checkpoint(HOOKS);
    if (seq <= routed) return;
    const reader = new VerdictReader(store, store.head(), routed);
    for (let next = await reader.next(); next !== undefined; next = await reader.next()) {
      if (next.event > routed) this.add(next.event, next.verdict, next.length);
    }
  }

  /**
   * Takes note of a verdict that is recorded; `length` is that of its record's data. It may be
   * noted already: what the stage says before `load` reads the log is read there too.
   */
  add(event: number, verdict: HookVerdict, length: number): void {
    this.#length += length - (this.#held.get(event)?.length ?? 0);
    this.#held.set(event, { verdict, length });
  }

  /** What was said of an event; undefined where it goes on as it is. */
  of(event: number): HookVerdict | undefined {
    return this.#held.get(event)?.verdict;
  }

  /** Lets go of what is said of events that are routed. */
  forget(routed: number): void {
    for (const [event, { length }] of this.#held) {
      if (event > routed) break;
      this.#held.delete(event);
      this.#length -= length;
    }
    if (this.#hasRoom()) this.wake();
  }

  /** Resolves when another one may be added, or when `wake` is called. */
  async room(): Promise<void> {
    if (this.#hasRoom()) return;
    await new Promise<void>((resolve) => {
      this.#whenRoom = resolve;
    });
  }

  wake(): void {
    const wake = this.#whenRoom;
    this.#whenRoom = undefined;
    wake?.();
  }

  #hasRoom(): boolean {
    return this.#held.size < HELD_MAX && this.#length < HELD_LENGTH_MAX;
  }
}

/** A verdict as the log has it. */
interface Recorded {
  readonly event: number;
  readonly verdict: HookVerdict;
  readonly length: number;
}

/**
 * Reads the verdicts of a log in the order of their events, which is that of their records too: so
 * who reads the events in order holds one page of verdicts, and no more.
 */
export class VerdictReader {
  readonly #store: Store;
  readonly #until: number;
  #after: number;
  #page: Recorded[] = [];

  /** Reads up to `until`; `after` is a seq before which no verdict is looked for. */
  constructor(store: Store, until: number, after = 0) {
    this.#store = store;
    this.#until = until;
    this.#after = after;
  }

  /** What was said of an event. Events are asked for in their order. */
  async of(event: number): Promise<HookVerdict | undefined> {
    for (;;) {
      const first = this.#page[0];
      if (first === undefined && !(await this.#read())) return undefined;
      if (first === undefined) continue;
      if (first.event > event) return undefined;
      if (first.event === event) return first.verdict;
      this.#page.shift();
    }
  }

  /** The next verdict; undefined where there is none. */
  async next(): Promise<Recorded | undefined> {
    while (this.#page.length === 0) if (!(await this.#read())) return undefined;
    return this.#page.shift();
  }

  /** False where all is read. */
  async #read(): Promise<boolean> {
    while (this.#page.length === 0 && this.#after < this.#until) {
      const until = Math.min(this.#after + WINDOW, this.#until);
      const query = { after: this.#after, until, limit: PAGE, type: VERDICT_TYPES };
      const records = await this.#store.read(query);
      this.#after = records.at(-1)?.seq ?? until;
      this.#page = records.flatMap((record) => {
        const found = verdictOf(record);
        return found === undefined ? [] : [{ ...found, length: record.data.length }];
      });
    }
    return this.#page.length > 0;
  }
}

/** What hooks said of an event, as the log has it. */
export async function findVerdict(store: Store, event: number): Promise<HookVerdict | undefined> {
  const query = { after: event, causation: event, type: VERDICT_TYPES, limit: PAGE };
  for (const record of await store.read(query)) {
    const found = verdictOf(record);
    if (found?.event === event) return found.verdict;
  }
  return undefined;
}
