import type { Flow } from '../flows/flow.ts';
import { messageOf } from '../std/errors.ts';
import { delay } from '../std/clock.ts';
import type { Json } from '../std/json.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord } from '../store/contract.ts';
import { Driver, type DriverOptions } from './driver.ts';
import type { Run } from './evolve.ts';
import { Forks } from './forks.ts';
import { Motion } from './motion.ts';
import { next } from './next.ts';
import { Repair } from './repair.ts';
import { stepAt } from './position.ts';
import { Slots } from './slots.ts';
import { Sweeper } from './sweeper.ts';

export interface RunnerOptions extends Omit<DriverOptions, 'forks' | 'moved'> {
  /** How many runs may be under way at once. */
  readonly slots: number;
  /** How long steps may take to end when the daemon stops. */
  readonly drainMs: number;
}

/** A run that the router has just recorded, leased to this session. */
export interface Newborn {
  readonly id: number;
  readonly run: Run;
  readonly flow: Flow;
  readonly event: LogRecord;
  /** What stands in the event in place of its data. */
  readonly data?: Json | undefined;
}

/** Works on runs: on new ones as the router hands them over, on the others as their time comes. */
export class Runner implements Service {
  readonly name = 'runner';
  readonly slots: Slots;
  /** What a person may do to a run. */
  readonly repair: Repair;
  readonly #options: RunnerOptions;
  readonly #driver: Driver;
  readonly #sweeper: Sweeper;
  #driving = 0;
  #whenIdle: (() => void) | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.slots = new Slots(options.slots);
    const forks = new Forks(options);
    const moved = ({ due }: Run): void => this.#sweeper.arm(due ?? Number.POSITIVE_INFINITY);
    this.#driver = new Driver({ ...options, forks, moved });
    this.repair = new Repair({ ...options, forks, moved, driver: this.#driver });
    this.#sweeper = new Sweeper({ ...options, forks, driver: this.#driver, slots: this.slots });
  }

  /** Recovery goes on behind it: a start does not wait for the steps of old runs. */
  async start(): Promise<void> {
    this.#driving++;
    void this.#sweeper.start().finally(() => this.#driven());
  }

  /**
   * Waits for steps under way as long as allowed, then tells them to end and leaves them to the
   * next session.
   */
  async stop(): Promise<void> {
    this.#sweeper.stop();
    const drained = this.#drained();
    const patience = new AbortController();
    const { clock, drainMs } = this.#options;
    await Promise.race([drained, delay(clock, drainMs, patience.signal)]);
    patience.abort();
    this.#driver.stop();
    await drained;
  }

  /** Drives a run that has a slot reserved. */
  begin(newborn: Newborn): void {
    this.#driving++;
    void this.#begin(newborn);
  }

  /** Queued runs were recorded: somebody should look at them. */
  queued(): void {
    this.#sweeper.sweep();
  }

  async #begin({ id, run, flow, event, data }: Newborn): Promise<void> {
    const { store, session, logger } = this.#options;
    const motion = new Motion(id, run, { flow, event, identity: store.identity, data });
    const step = stepAt(flow, run.at);
    try {
      logger.info('run started', { run: motion.shownId, flow: flow.name });
      if (step !== undefined) await this.#driver.drive(motion, next(run, step, session));
    } catch (error) {
      logger.error('a run was left to the next session', {
        run: motion.shownId,
        error: messageOf(error),
      });
    } finally {
      this.slots.giveBack();
      this.#driven();
    }
  }

  #driven(): void {
    this.#driving--;
    if (this.#driving === 0) this.#whenIdle?.();
  }

  async #drained(): Promise<void> {
    while (this.#driving > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    await this.#sweeper.idle();
  }
}
