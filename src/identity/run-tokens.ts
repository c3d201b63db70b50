import type { RunPlace } from './principal.ts';
import { digestOf, newSecret } from './token.ts';

/** How many runs may have one at once; beyond it the oldest's lets nobody in any more. */
const RUNS_MAX = 10_000;

interface Held {
  readonly secret: string;
  readonly digest: string;
  readonly place: RunPlace;
}

/**
 * The tokens that runs give to their steps, one a run: made with its first step that wants one, and
 * dead with the run. They are in memory alone, since what a daemon leaves running at its end is
 * killed, and an attempt at the step anew gets another.
 */
export class RunTokens {
  readonly #byRun = new Map<number, Held>();
  readonly #byDigest = new Map<string, Held>();

  get size(): number {
    return this.#byRun.size;
  }

  /** The run's token. */
  tokenFor(place: RunPlace): string {
    const held = this.#byRun.get(place.id);
    if (held !== undefined) return held.secret;
    const [oldest] = this.#byRun.keys();
    if (this.#byRun.size >= RUNS_MAX && oldest !== undefined) this.end(oldest);
    const secret = newSecret('sbr_');
    const made = { secret, digest: digestOf(secret), place };
    this.#byRun.set(place.id, made);
    this.#byDigest.set(made.digest, made);
    return secret;
  }

  /** The run that the token with this digest belongs to. */
  find(digest: string): RunPlace | undefined {
    return this.#byDigest.get(digest)?.place;
  }

  /** The run has ended. */
  end(run: number): void {
    const held = this.#byRun.get(run);
    if (held === undefined) return;
    this.#byRun.delete(run);
    this.#byDigest.delete(held.digest);
  }
}
