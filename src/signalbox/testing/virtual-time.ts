import { SignalboxError } from '../../std/errors.ts';
import type { SimulatedClock } from '../../std/simulated-clock.ts';
import { nextTurn } from '../../std/turn.ts';
import type { Store } from '../../store/contract.ts';

/**
 * Turns of the loop in which nothing moves before all counts as done that needs no time. The store
 * answers within a turn, and a commit takes the next.
 */
const QUIET_TURNS = 4;
/** Time that may pass until a promise settles that time alone can settle. */
const PATIENCE_MS = 86_400_000;

/**
 * Time that passes only where it is told to: between two timers everything happens that needs no
 * time, so the same test sees the same order each time.
 */
export class VirtualTime {
  readonly clock: SimulatedClock;
  #held = 0;
  #store: Pick<Store, 'head' | 'pending'> | undefined;

  constructor(clock: SimulatedClock) {
    this.clock = clock;
  }

  /** The log whose growth is looked at. */
  watch(store: Pick<Store, 'head' | 'pending'>): void {
    this.#store = store;
  }

  /** What a promise comes to; no time passes until then, though it needs some of the machine's. */
  async hold<T>(promise: Promise<T>): Promise<T> {
    this.#held++;
    return promise.finally(() => this.#held--);
  }

  /** Resolves when all is done that needs no time. */
  async settle(): Promise<void> {
    let before = '';
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      await nextTurn();
      const now = this.#state();
      quiet = now === before && this.#held === 0 ? quiet + 1 : 0;
      before = now;
    }
  }

  /** Lets so much time pass, timer by timer. */
  async pass(ms: number): Promise<void> {
    const until = this.clock.monotonic() + ms;
    await this.settle();
    for (;;) {
      const left = until - this.clock.monotonic();
      const next = this.clock.untilNext() ?? Number.POSITIVE_INFINITY;
      this.clock.advance(Math.min(next, left));
      await this.settle();
      if (next > left || this.clock.monotonic() >= until) return;
    }
  }

  /**
   * What a promise comes to; time passes as far as that needs.
   *
   * @throws SignalboxError `test.endless` where no time settles it.
   */
  async until<T>(promise: Promise<T>): Promise<T> {
    const settled = new AbortController();
    const done = promise.finally(() => settled.abort());
    // Whoever waits for it hears of its failure below.
    done.catch(() => {});
    const until = this.clock.monotonic() + PATIENCE_MS;
    await this.settle();
    while (!settled.signal.aborted && this.clock.monotonic() < until) {
      this.clock.advance(Math.min(this.clock.untilNext() ?? PATIENCE_MS, PATIENCE_MS));
      await this.settle();
    }
    if (settled.signal.aborted) return done;
    const message =
      'It did not end within a day: it waits for a person or an event, or for longer.';
    throw new SignalboxError('test.endless', message);
  }

  /** Of two states that look alike, nothing has moved between them. */
  #state(): string {
    const { clock } = this;
    const store = this.#store;
    const log = store === undefined ? '' : `${store.head()} ${store.pending()}`;
    return `${log} ${clock.monotonic()} ${clock.untilNext() ?? ''}`;
  }
}
