/** A run that could not be taken over, and what is done when it is tried again. */
interface Stuck {
  readonly until: number;
  readonly again: () => void;
}

/** How long a run is left alone that could not be taken over. */
const STUCK_MS = 30_000;
/** Runs that are left alone at once; more of them are tried again earlier. */
const STUCK_MAX = 500;

/** Runs that nobody could take over: left alone a while, so that they keep no others waiting. */
export class StuckRuns {
  /** In the order in which they are tried again. */
  readonly #runs = new Map<number, Stuck>();

  get size(): number {
    return this.#runs.size;
  }

  /** When the next one is tried again, in engine time. */
  get next(): number {
    return this.#runs.values().next().value?.until ?? Number.POSITIVE_INFINITY;
  }

  has(id: number): boolean {
    return this.#runs.has(id);
  }

  leaveAlone(id: number, now: number, again: () => void): void {
    if (this.#runs.size < STUCK_MAX) this.#runs.set(id, { until: now + STUCK_MS, again });
  }

  /** Has those tried again whose time has come. */
  release(now: number): void {
    for (const [id, { until, again }] of this.#runs) {
      if (until > now) return;
      this.#runs.delete(id);
      again();
    }
  }
}
