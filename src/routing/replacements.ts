import type { Lanes } from '../runs/lanes.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import { OPEN_STATES, type RunRow, type Store } from '../store/contract.ts';
import { flowOfLane } from '../runs/lane.ts';

/** Cancels an open run, and says why; resolves when that is recorded. */
export type CancelRun = (run: RunRow, reason: string) => Promise<void>;

export interface ReplacementsOptions {
  readonly store: Store;
  readonly lanes: Lanes;
  readonly logger: Logger;
  readonly cancel?: CancelRun | undefined;
}

/** Rows that one question yields. */
const PAGE = 1_000;

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
    const { lanes } = this.#options;
    const excess = lanes.excess(lane);
    if (excess <= 0) return;
    const open = await this.#open(lane);
    for (const run of open.slice(0, excess)) await cancel(run, 'A newer event took its place.');
  }

  /** The open runs under the same limit, oldest first. */
  async #open(lane: string): Promise<RunRow[]> {
    const { store, lanes } = this.#options;
    const found: RunRow[] = [];
    for (const state of OPEN_STATES) {
      for (let before: number | undefined; ;) {
        const rows = await store.runs({ flow: flowOfLane(lane), state, before, limit: PAGE });
        found.push(...rows.filter((row) => lanes.sharesConcurrency(row.lane, lane)));
        before = rows.at(-1)?.id;
        if (rows.length < PAGE) break;
      }
    }
    return found.toSorted((a, b) => a.id - b.id);
  }
}
