import { SignalboxError } from '../std/errors.ts';
import type { CursorWrite, Store } from '../store/contract.ts';

/** How often flows may do the same to the same thing, and within what time. */
export interface DeedLimit {
  readonly deeds: number;
  readonly perMs: number;
}

/** Where it is kept: rows beside those of the sources, by what is done to what. */
const ROWS = 'signalbox:deeds';
/** Things that are remembered; beyond them that one goes to which nothing was done for longest. */
const THINGS_MAX = 10_000;
/** How long a thing is remembered at the most. */
const REMEMBERED_MS = 86_400_000;

/**
 * Breaks circles that no chain of causes shows: a source that is restarted for being degraded is
 * degraded again, and nothing says that the one led to the other. It counts over restarts, of which
 * such a circle may be the cause.
 */
export class DeedBudget {
  readonly #store: Pick<Store, 'append'>;
  /** When each thing was done, the one that was done last standing last. */
  readonly #deeds: Map<string, readonly number[]>;

  private constructor(
    store: Pick<Store, 'append'>,
    known: readonly (readonly [string, readonly number[]])[],
  ) {
    this.#store = store;
    this.#deeds = new Map(known);
  }

  static async open(store: Pick<Store, 'append' | 'cursors'>): Promise<DeedBudget> {
    const rows = await store.cursors({ source: ROWS, limit: THINGS_MAX });
    const known = rows.map(({ key, value }) => [key, JSON.parse(value) as number[]] as const);
    return new DeedBudget(
      store,
      known.toSorted(([, a], [, b]) => (a.at(-1) ?? 0) - (b.at(-1) ?? 0)),
    );
  }

  /**
   * Counts a deed before it is done, by what is done to what; false where it has been done too
   * often.
   *
   * @throws SignalboxError `data.unusable` where the disk is full: then nothing is counted.
   */
  async spend(thing: string, { deeds, perMs }: DeedLimit, now: number): Promise<boolean> {
    const recent = (this.#deeds.get(thing) ?? []).filter((at) => now - at < perMs);
    if (recent.length >= deeds) return false;
    const times = [...recent, now];
    // Noted at once: who asks for the same meanwhile finds it counted.
    this.#deeds.delete(thing);
    this.#deeds.set(thing, times);
    const forgotten = this.#forget(now);
    const kept = { source: ROWS, key: thing, value: JSON.stringify(times) };
    const result = await this.#store.append({ writes: [], cursors: [kept, ...forgotten] });
    if (result.kind === 'appended') return true;
    this.#deeds.set(thing, recent);
    throw new SignalboxError('data.unusable', 'The disk is full; free some space.');
  }

  /** The thing to which nothing was done for longest goes, where that is long enough. */
  #forget(now: number): CursorWrite[] {
    const [oldest] = this.#deeds;
    if (oldest === undefined) return [];
    const [thing, times] = oldest;
    const isOld = now - (times.at(-1) ?? 0) >= REMEMBERED_MS;
    if (!isOld && this.#deeds.size <= THINGS_MAX) return [];
    this.#deeds.delete(thing);
    return [{ source: ROWS, key: thing, value: null }];
  }
}
