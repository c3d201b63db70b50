import type { Clock } from '../std/clock.ts';
import type { Logger } from '../std/logger.ts';
import type { LaneRow, Store } from '../store/contract.ts';
import { Looks } from './looks.ts';
import type { QueuedRuns } from './overflow.ts';

export interface QueueCountOptions {
  readonly store: Pick<Store, 'lanes'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often the runs that wait are counted at most: what has left the queue is known then. */
const COUNT_MS = 100;

/**
 * How many runs wait for a slot, by flow. What is queued counts at once; what has begun since the
 * last count is seen with the next one, so that there may be fewer than it says, hardly ever more.
 * Costs nothing unless somebody asks.
 */
export class QueueCount {
  readonly #counts: Looks<LaneRow[]>;
  /** As they were counted, and those that were queued since that count began. */
  #queued = new Map<string, number>();
  #all = 0;
  /** Those that were queued since the count under way began: it may have missed them. */
  #meanwhile: string[] = [];

  constructor({ store, clock, logger }: QueueCountOptions) {
    this.#counts = new Looks({
      what: 'how many runs wait',
      look: () => store.lanes(),
      everyMs: COUNT_MS,
      found: (lanes) => {
        this.#take(lanes);
        this.#meanwhile = [];
      },
      clock,
      logger,
    });
  }

  /** Those of all flows. */
  get all(): number {
    return this.of('').all;
  }

  /** Those of one flow, and of all. */
  of(flow: string): QueuedRuns {
    void this.#counts.latest;
    return { all: this.#all, ofFlow: this.#queued.get(flow) ?? 0 };
  }

  /** Resolves when they have been counted a moment ago. */
  recount(): Promise<void> {
    return this.#counts.fresh();
  }

  /** A run of the flow is about to be queued. */
  add(flow: string): void {
    this.#count(flow, 1);
    if (this.#counts.looking) this.#meanwhile.push(flow);
  }

  /** One that was about to be queued is not. */
  remove(flow: string): void {
    if ((this.#queued.get(flow) ?? 0) > 0) this.#count(flow, -1);
  }

  #take(lanes: readonly LaneRow[]): void {
    this.#queued = new Map();
    this.#all = 0;
    for (const { lane, open } of lanes) {
      // A lane is called by its flow, and where it is one of several by what tells them apart.
      const [flow = lane] = lane.split(' ', 1);
      if (open.queued > 0) this.#count(flow, open.queued);
    }
    for (const flow of this.#meanwhile) this.#count(flow, 1);
  }

  #count(flow: string, runs: number): void {
    this.#queued.set(flow, (this.#queued.get(flow) ?? 0) + runs);
    this.#all += runs;
  }
}
