import { Heap } from '../std/heap.ts';

/** How long a flow waits before it counts as one priority higher. */
export const AGEING_MS = 60_000;

/** A flow's share of the slots, and its claim to the next one. */
export interface Share {
  readonly flow: string;
  priority: number;
  /** The slots that its runs hold. */
  running: number;
  /** When it was served last, counted in turns. */
  served: number;
  /** Since when the run waits that is its next, in engine time. */
  since: number;
  /** The priority that it has by waiting. */
  level: number;
}

/**
 * Whose turn it is among the flows that wait for a slot: the highest priority first, at the same
 * priority who holds fewest slots, then who was served longest ago.
 *
 * A flow counts as one priority higher for each `AGEING_MS` that it waits, up to the highest that
 * waits: so none waits for ever, and none is lifted above those whom its user put first.
 */
export class Turns<T extends Share> {
  /** Those that wait, by the priority that they have reached. */
  readonly #levels = new Map<number, Heap<T>>();
  readonly #byPriority = new Heap<T>((a, b) => a.priority > b.priority);
  /** When the next one is lifted. */
  readonly #lifts = new Heap<T>((a, b) => liftOf(a) < liftOf(b));
  /** The highest priority that ever waited: no one is lifted above it. */
  #ceiling = Number.NEGATIVE_INFINITY;
  #turn = 0;

  get isEmpty(): boolean {
    return this.#byPriority.size === 0;
  }

  /** The flow waits, or goes on waiting with other claims than before. */
  put(share: T, now: number): void {
    this.delete(share);
    if (share.priority > this.#ceiling) this.#raiseCeiling(share.priority, now);
    this.#byPriority.put(share);
    this.#place(share, now);
  }

  /** The flow waits no longer. */
  delete(share: T): void {
    if (!this.#byPriority.delete(share)) return;
    this.#lifts.delete(share);
    this.#levelOf(share.level).delete(share);
    if (this.#levelOf(share.level).size === 0) this.#levels.delete(share.level);
  }

  /** Whose turn it is; undefined where nobody waits. */
  next(now: number): T | undefined {
    this.#lift(now);
    const highest = this.#byPriority.first?.priority;
    if (highest === undefined) return undefined;
    let best: T | undefined;
    for (const [level, { first }] of this.#levels) {
      if (level < highest || first === undefined) continue;
      if (best === undefined || goesFirst(first, best)) best = first;
    }
    return best;
  }

  /** The flow has been given a slot. */
  serve(share: T): void {
    share.served = ++this.#turn;
  }

  /** Each flow is lifted once in `AGEING_MS`, and not at all at the top. */
  #lift(now: number): void {
    for (;;) {
      const { first } = this.#lifts;
      if (first === undefined || liftOf(first) > now) return;
      this.delete(first);
      this.#byPriority.put(first);
      this.#place(first, now);
    }
  }

  #place(share: T, now: number): void {
    const steps = Math.max(0, Math.floor((now - share.since) / AGEING_MS));
    share.level = Math.min(this.#ceiling, share.priority + steps);
    this.#levelOf(share.level).put(share);
    if (share.level < this.#ceiling) this.#lifts.put(share);
  }

  #levelOf(level: number): Heap<T> {
    let heap = this.#levels.get(level);
    if (heap === undefined) {
      heap = new Heap<T>(goesFirst);
      this.#levels.set(level, heap);
    }
    return heap;
  }

  /** Happens at most once for each priority that there is. */
  #raiseCeiling(priority: number, now: number): void {
    const waiting = [...this.#levels.values()].flatMap((heap) => [...heap]);
    this.#ceiling = priority;
    for (const share of waiting) {
      this.delete(share);
      this.#byPriority.put(share);
      this.#place(share, now);
    }
  }
}

function liftOf({ since, level, priority }: Share): number {
  return since + (level - priority + 1) * AGEING_MS;
}

function goesFirst(a: Share, b: Share): boolean {
  if (a.running !== b.running) return a.running < b.running;
  if (a.served !== b.served) return a.served < b.served;
  return a.since === b.since ? a.flow < b.flow : a.since < b.since;
}
