import type { Clock } from '../std/clock.ts';
import type { DiskSpace, MeasureSpace } from '../std/free-space.ts';
import type { Logger } from '../std/logger.ts';
import type { Random } from '../std/random.ts';
import type { Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { Looks } from './looks.ts';
import type { Trouble } from './router.ts';
import {
  type Overload,
  overload,
  type OverflowRules,
  type QueuedRuns,
  RETRY_MS,
  STALLED_MS,
} from './overflow.ts';

export interface CapacityOptions {
  readonly store: Pick<Store, 'head' | 'pending' | 'read'>;
  readonly rules: OverflowRules;
  /** How many runs of a flow, and of all, wait for a slot. */
  readonly queued: (flow: string) => QueuedRuns;
  /** The last seq that is routed. */
  readonly routed: () => number;
  readonly measureSpace: MeasureSpace;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

/** Why an event is not taken in, and when to come again. */
export interface Crowded {
  readonly reason: Overload;
  readonly retryAfterMs: number;
}

/** How often the disk and the oldest event are looked at, at most. */
const LOOK_MS = 1_000;

interface Room {
  readonly space: DiskSpace | undefined;
  /** When the oldest record was received that is not routed; undefined where all are. */
  readonly oldest: number | undefined;
}

/** Knows whether there is room for one more event, in constant time and without waiting. */
export class Capacity {
  readonly #options: CapacityOptions;
  readonly #room: Looks<Room>;
  /** When we began to route, in engine time: before that nobody was there to do so. */
  readonly #since: number;

  constructor(options: CapacityOptions) {
    const { time, clock, logger } = options;
    this.#options = options;
    this.#since = time.now();
    const look = (): Promise<Room> => this.#look();
    this.#room = new Looks({ what: 'what room there is', look, everyMs: LOOK_MS, clock, logger });
  }

  /**
   * Why no event is taken in now; undefined where there is room. Room is found in constant time;
   * before somebody is turned away it is looked once more, which others may share.
   */
  check(): Promise<Crowded | undefined> | undefined {
    return this.#crowded() === undefined ? undefined : this.#confirmed();
  }

  async #confirmed(): Promise<Crowded | undefined> {
    await this.#room.fresh();
    return this.#crowded();
  }

  #crowded(): Crowded | undefined {
    const { rules, queued, store, routed, random } = this.#options;
    const waits = store.head() + store.pending() - routed();
    const depth = rules.overflow === 'error' ? waits + queued('').all : waits;
    const reason = overload({ depth, ...this.#seen(waits) }, rules);
    if (reason === undefined) return undefined;
    // Who was turned away together does not come again together, where that is what crowds us.
    const spread = reason === 'disk_full' ? 0 : random();
    return { reason, retryAfterMs: RETRY_MS[reason] * (1 + spread) };
  }

  /** That events are kept out because they are not routed, and since when; undefined where not. */
  get trouble(): Trouble | undefined {
    const { store, routed, time } = this.#options;
    const { oldestMs } = this.#seen(store.head() - routed());
    if (oldestMs < STALLED_MS) return undefined;
    const reason = 'events have waited too long to be routed, so none is taken in';
    return { reason, since: time.now() - oldestMs + STALLED_MS };
  }

  #seen(waits: number): { readonly oldestMs: number; readonly space: DiskSpace | undefined } {
    const room = this.#room.latest;
    const oldest = waits > 0 ? room?.oldest : undefined;
    const age = oldest === undefined ? 0 : this.#options.time.now() - Math.max(oldest, this.#since);
    return { oldestMs: age, space: room?.space };
  }

  async #look(): Promise<Room> {
    const { store, routed, measureSpace } = this.#options;
    const [space, [oldest]] = await Promise.all([
      // Where the system does not say, the store will: it tells a disk that is full.
      measureSpace().catch(() => undefined),
      store.read({ after: routed(), limit: 1 }),
    ]);
    return { space, oldest: oldest?.received };
  }
}
