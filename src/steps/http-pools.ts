import type { StepResult } from '../runs/step-kind.ts';
import { formatDuration } from '../std/duration.ts';

/** Hosts that are remembered as busy; of more, those that are free first are forgotten. */
const POOLS_MAX = 1_000;
/** Answers by which a server says that it takes no more from us for now. */
const BUSY: readonly number[] = [429, 503, 529];

/** Who has answered, and with which status where it came to that. */
interface Said {
  readonly url: URL;
  readonly status?: number | undefined;
}

/**
 * The hosts that have asked us to stay away for a while: what one step is told holds for all that
 * would ask the same host, so that a limit of theirs is met once and not by each run. Known to this
 * process only: to forget it costs a request that is told so again.
 */
export class HttpPools {
  /** By origin: until when nobody asks, in engine time. */
  readonly #until = new Map<string, number>();

  /** What a step does instead of asking a host that is busy; undefined where it may ask. */
  parked({ origin }: URL, now: number): StepResult | undefined {
    const until = this.#until.get(origin);
    if (until === undefined) return undefined;
    if (until > now) {
      const left = formatDuration(until - now);
      const reason = `${origin} takes no requests for ${left}, as it told another step`;
      return { kind: 'park', until, reason };
    }
    this.#until.delete(origin);
    return undefined;
  }

  /** Remembers what a host has said to a step that was to come back in `afterMs`. */
  note({ url, status = 0 }: Said, result: StepResult, now: number): void {
    if (result.kind !== 'retry' || result.afterMs === undefined || result.afterMs <= 0) return;
    if (!BUSY.includes(status)) return;
    const { origin } = url;
    const until = Math.max(this.#until.get(origin) ?? 0, now + result.afterMs);
    this.#until.set(origin, until);
    if (this.#until.size <= POOLS_MAX) return;
    const [first] = [...this.#until].toSorted(([, a], [, b]) => a - b);
    if (first !== undefined) this.#until.delete(first[0]);
  }
}
