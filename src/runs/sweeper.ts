import type { Flow } from '../flows/flow.ts';
import { type Clock, delay, type Timer, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { RunRow, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Driver } from './driver.ts';
import { motionOf } from './motion.ts';
import { claim, type Session, stepAt } from './next.ts';
import type { Slots } from './slots.ts';

/**
 * Finds the definition that a run is pinned to; undefined where its catalog no longer names the
 * flow.
 */
export type FindFlow = (catalog: string, flow: string) => Promise<Flow | undefined>;

export interface SweeperOptions {
  readonly store: Store;
  readonly driver: Driver;
  readonly findFlow: FindFlow;
  readonly session: Session;
  readonly slots: Slots;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often what nobody works on is looked for, even where nothing hints at it. */
const SWEEP_MS = 5_000;
/** How many runs one look takes over. */
const PAGE = 1_000;
/** How long a run that may kill the daemon is watched alone before others start beside it. */
const ISOLATION_MS = 1_000;

/**
 * Takes over the runs that nobody works on: queued ones, those whose time has come, and those that
 * an earlier session left behind. A look at the store costs nothing where nothing is due.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #taken = new Map<number, Promise<void>>();
  #timer: Timer | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #sweeping: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Begins with the runs under which a daemon died before, one after the other. */
  async start(): Promise<void> {
    await this.#isolateSuspects();
    this.sweep();
  }

  /** Takes nothing over from now on. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Resolves when none of what was taken over is under way. */
  async idle(): Promise<void> {
    await this.#sweeping;
    while (this.#taken.size > 0) await Promise.all(this.#taken.values());
  }

  /** Looks now, or once more after the look that is under way. */
  sweep(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#sweeping ??= this.#sweepAll().finally(() => {
      this.#sweeping = undefined;
    });
  }

  /** Makes sure that somebody looks at `due`, in engine time. */
  arm(due: number): void {
    if (this.#stopped || due >= this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = due;
    const delayMs = Math.min(due - this.#options.time.now(), TIMER_DELAY_MS_MAX);
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#armedFor = Number.POSITIVE_INFINITY;
      this.sweep();
    });
  }

  async #sweepAll(): Promise<void> {
    const { logger } = this.#options;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#sweepOnce();
      } catch (error) {
        if (!this.#stopped)
          logger.error('looking for due runs failed', { error: messageOf(error) });
      }
    }
  }

  async #sweepOnce(): Promise<void> {
    const { store, slots, time } = this.#options;
    const now = time.now();
    const limit = Math.min(PAGE, slots.free + this.#taken.size + 1);
    const rows = await store.claimable({ now, limit, orphans: true });
    const waiting = rows.filter(({ id }) => !this.#taken.has(id));
    for (const row of waiting.slice(0, slots.free)) void this.#take(row);
    slots.backlog = waiting.length > 0 && slots.free === 0;
    if (slots.backlog) slots.onFree(() => this.sweep());
    else if (rows.length === limit) this.#again = true;
    this.arm(Math.min((await store.nextDue()) ?? now + SWEEP_MS, now + SWEEP_MS));
  }

  #take(row: RunRow): Promise<void> {
    const { slots, logger } = this.#options;
    slots.take();
    const work = this.#work(row)
      .catch((error: unknown) => {
        if (this.#stopped) return;
        logger.error('a run could not be taken over', { run: row.id, error: messageOf(error) });
      })
      .finally(() => {
        this.#taken.delete(row.id);
        slots.giveBack();
      });
    this.#taken.set(row.id, work);
    return work;
  }

  async #work(row: RunRow): Promise<void> {
    const { store, driver, findFlow, session } = this.#options;
    const { id, version, ...run } = row;
    const [flow, [event], history] = await Promise.all([
      findFlow(run.catalog, run.flow),
      store.read({ after: run.event - 1, limit: 1 }),
      store.readStream(id),
    ]);
    const step = flow === undefined ? undefined : stepAt(flow, run.at);
    if (flow === undefined || step === undefined || event === undefined) {
      throw new Error(`the catalog ${run.catalog} or the event of this run cannot be read`);
    }
    const origin = { flow, event, identity: store.identity };
    const motion = motionOf({ id, version, run }, origin, history);
    await driver.drive(motion, claim(run, step, session));
    if (motion.run.due !== null) this.arm(motion.run.due);
  }

  /**
   * What was under way when a daemon died, and died before, runs alone for a moment: a crash then
   * names its cause.
   */
  async #isolateSuspects(): Promise<void> {
    const { store, session, clock } = this.#options;
    if (session.afterCleanStop) return;
    const orphans = await store.claimable({ now: 0, limit: PAGE, orphans: true });
    for (const row of orphans) {
      if (row.crashes === 0 || this.#stopped) continue;
      await Promise.race([this.#take(row), delay(clock, ISOLATION_MS)]);
    }
  }
}
