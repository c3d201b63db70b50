import type { Lanes } from '../runs/lanes.ts';
import { namedFlow } from '../runs/named-start.ts';
import type { LogRecord } from '../store/contract.ts';
import { isImported } from '../store/record.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Catalogs } from './catalogs.ts';
import type { LogFollower } from './follower.ts';
import { sourceOf } from './match.ts';
import { catalogPlace } from './plan.ts';

/** What a scout looks at. */
export interface ScoutOptions {
  readonly follower: LogFollower;
  readonly catalogs: Catalogs;
  readonly lanes: Lanes;
  readonly time: EngineTime;
}

/** How long an event may stand behind those that wait for slots before it is held up. */
const HELD_UP_MS = 100;
/** How often the log is looked ahead in. */
const LOOK_MS = 100;
/** Records that one look takes in; the next one goes on behind them. */
const LOOK_RECORDS = 4_096;

/**
 * Looks ahead in the log while its head waits for slots: a flood of one flow must not hold up the
 * event of another one that has nothing under way, or comes first by its priority.
 */
export class Scout {
  readonly #options: ScoutOptions;
  /** How far it has looked; from the head on again once it has seen all. */
  #seen = 0;
  #lookAt = 0;

  constructor(options: ScoutOptions) {
    this.#options = options;
  }

  /**
   * The seq of an event behind `head` that is held up there by events of that priority; undefined
   * where none was found by now.
   */
  async look(head: number, priority: number): Promise<number | undefined> {
    const now = this.#options.time.now();
    if (now < this.#lookAt) return undefined;
    this.#lookAt = now + LOOK_MS;
    let after = Math.max(this.#seen, head);
    for (const until = after + LOOK_RECORDS; after < until;) {
      const records = await this.#options.follower.peek(after);
      for (const record of records) {
        // Who stands behind it has waited for less.
        if (record.received + HELD_UP_MS > now) return this.#startAgain();
        if (this.#isHeldUp(record, priority)) return record.seq;
      }
      const last = records.at(-1);
      if (last === undefined) return this.#startAgain();
      after = last.seq;
    }
    this.#seen = after;
    return undefined;
  }

  #startAgain(): undefined {
    this.#seen = 0;
  }

  #isHeldUp(record: LogRecord, priority: number): boolean {
    if (isImported(record)) return false;
    const { catalogs, lanes } = this.#options;
    const { type, subject, hops } = record;
    const index = catalogs.loadedAt(catalogPlace(record))?.index;
    const named = namedFlow(record);
    if (index === undefined || (named === undefined && !index.mayMatch(type))) return false;
    const arrival = { type, source: sourceOf(record), subject: subject ?? undefined, hops, named };
    return index.listeners(arrival).some((flow) => {
      if (lanes.isExpress(flow.name) || lanes.isIdle(flow.name)) return true;
      return (flow.priority ?? 0) > priority;
    });
  }
}
