import type { Lanes } from '../runs/lanes.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { RunRow, Store } from '../store/contract.ts';
import { flowOfLane } from '../runs/lane.ts';

/** Cancels an open run, and says why; resolves when that is recorded. */
export type CancelRun = (run: RunRow, reason: string) => Promise<void>;

export interface ReplacementsOptions {
  readonly store: Store;
  readonly lanes: Lanes;
  readonly logger: Logger;
  readonly cancel?: CancelRun | undefined;
}

/**
 * Cancels the oldest runs where a flow has more of them open than it allows and says `on_full:
 * replace`. Which ones those are is seen from what is open, so that a cancellation that a crash has
 * cut short is made up for by the next one.
 */
export class Replacements {
  readonly #options: ReplacementsOptions;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: ReplacementsOptions) {
    this.#options = options;
  }

  /** Sees to it that the lane's flow has no run too many. Where it fails it says so. */
  makeWay(lane: string): void {
    const { cancel, logger } = this.#options;
    if (cancel === undefined) return;
    const before = this.#underWay.get(lane) ?? Promise.resolve();
    const after: Promise<void> = before
      .then(() => this.#makeWay(lane, cancel))
      .catch((error: unknown) => {
        const fields = { flow: flowOfLane(lane), error: messageOf(error) };
        logger.error('a run could not be replaced', fields);
      })
      .finally(() => {
        if (this.#underWay.get(lane) === after) this.#underWay.delete(lane);
      });
    this.#underWay.set(lane, after);
  }

  async #makeWay(lane: string, cancel: CancelRun): Promise<void> {
    const { store, lanes } = this.#options;
    const under = lanes.sharingConcurrency(lane);
    for (let [excess, after] = [lanes.excess(lane), 0]; excess > 0;) {
      const oldest = await store.runsInLanes({ lanes: under, after, limit: excess });
      if (oldest.length === 0) return;
      for (const run of oldest) {
        await cancel(run, 'A newer event took its place.');
        after = run.id;
        excess--;
      }
    }
  }
}
