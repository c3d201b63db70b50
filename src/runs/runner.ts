import type { Flow } from '../flows/flow.ts';
import type { Judging } from '../gates/judging.ts';
import { messageOf } from '../std/errors.ts';
import { delay } from '../std/clock.ts';
import type { Json } from '../std/json.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, RunRow } from '../store/contract.ts';
import { type Deciders, Deciding } from './deciding.ts';
import { Dispatcher, type FlowsInForce } from './dispatcher.ts';
import type { DriverOptions, Left, Moved } from './driver-options.ts';
import { Driver } from './driver.ts';
import type { Run } from './evolve.ts';
import { Forks } from './forks.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { Lanes } from './lanes.ts';
import type { Verdict } from './lane-verdict.ts';
import { Motion } from './motion.ts';
import { windowMembers } from './named-start.ts';
import { next } from './next.ts';
import { Repair } from './repair.ts';
import { stepAt } from './position.ts';
import type { Awaited } from './awaiting.ts';
import { type Resting, takeEvent } from './take-event.ts';

/** What a runner stands on. */
export interface RunnerOptions extends Omit<
  DriverOptions,
  'forks' | 'gatekeeper' | 'moved' | 'left'
> {
  readonly flowsInForce: FlowsInForce;
  /** Says what becomes of steps before they are called. */
  readonly judging: Judging;
  /** Finds a catalog by the beginning of its hash, or the one in force. */
  readonly catalogNamed?: ((start: string | undefined) => string | undefined) | undefined;
  /** Who may answer proposals; the owner alone where it is left out. */
  readonly deciders?: Deciders | undefined;
  /** How many runs may be under way at once. */
  readonly slots: number;
  /** Whether the runs of a flow have slots of their own: see `EXPRESS_SLOTS`. */
  readonly isExpress?: ((flow: Flow) => boolean) | undefined;
  /** How long steps may take to end when the daemon stops. */
  readonly drainMs: number;
}

/** Where nobody else is known. */
const OWNER_ALONE: Deciders = { people: {}, stands: () => true };

/** A run that has just been recorded: leased to this session, or queued. */
export interface Newborn {
  readonly id: number;
  readonly run: Run;
  readonly flow: Flow;
  readonly event: LogRecord;
  /** What stands in the event in place of its data. */
  readonly data?: Json | undefined;
}

/** Works on runs: on new ones as the router hands them over, on the others as their turn comes. */
export class Runner implements Service {
  readonly name = 'runner';
  readonly lanes: Lanes;
  /** What a person may do to a run. */
  readonly repair: Repair;
  /** Answers what runs propose. */
  readonly deciding: Deciding;
  readonly #options: RunnerOptions;
  readonly #driver: Driver;
  readonly #dispatcher: Dispatcher;
  #works = false;
  #driving = 0;
  /** Runs that are counted and not recorded yet. */
  #unborn = 0;
  #whenIdle: (() => void) | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.lanes = new Lanes({ ...options, since: options.time.now() });
    const forks = new Forks(options);
    // Where nobody works on runs, what a person does to them is recorded, and left to a daemon.
    const moved: Moved = (...move) => {
      if (this.#works) this.#dispatcher.moved(...move);
    };
    const left: Left = (motion) => this.#dispatcher.left(motion.id, motion.run);
    const gatekeeper = new Gatekeeper(options);
    this.#driver = new Driver({ ...options, forks, gatekeeper, moved, left });
    const shared = { ...options, forks, gatekeeper, moved, driver: this.#driver };
    this.repair = new Repair(shared);
    this.deciding = new Deciding({ ...shared, deciders: options.deciders ?? OWNER_ALONE });
    const { lanes } = this;
    const isBearing = (): boolean => this.#unborn > 0;
    this.#dispatcher = new Dispatcher({
      ...options,
      forks,
      driver: this.#driver,
      lanes,
      isBearing,
      expectPause: (...pause) => void this.repair.expectPause(...pause),
    });
  }

  /** Recovery goes on behind it: a start does not wait for the steps of old runs. */
  async start(): Promise<void> {
    this.#works = true;
    await this.#dispatcher.load();
    this.#driving++;
    void this.#dispatcher.start().finally(() => this.#driven());
  }

  /**
   * Waits for steps under way as long as allowed, then tells them to end and leaves them to the
   * next session.
   */
  async stop(): Promise<void> {
    this.#dispatcher.stop();
    const drained = this.#drained();
    const patience = new AbortController();
    const { clock, drainMs } = this.#options;
    await Promise.race([drained, delay(clock, drainMs, patience.signal)]);
    patience.abort();
    this.#driver.stop();
    await drained;
  }

  /** What is to become of one more run of the lane. */
  admit(lane: string): Verdict {
    return this.lanes.admit(lane, this.#options.time.now());
  }

  /** Counts a run that is about to be recorded, leased or queued. */
  enter(run: Run): void {
    this.#works = true;
    this.#unborn++;
    this.lanes.enter(run.lane, stateAtBirth(run), this.#options.time.now());
  }

  /** It was not recorded after all. */
  leave(run: Run): void {
    this.#unborn--;
    this.lanes.move(run.lane, stateAtBirth(run), null, this.#options.time.now());
    this.#dispatcher.dispatch();
  }

  /** It is recorded: drives a run that is leased, and has one that is queued wait for its turn. */
  begin(newborn: Newborn): void {
    this.#unborn--;
    const { id, run } = newborn;
    if (run.state === 'queued') return this.#dispatcher.waits(id, run, 'queued');
    this.#dispatcher.holds(id);
    this.#driving++;
    void this.#begin(newborn);
  }

  /** Gives away what slots there are. */
  dispatch(): void {
    this.#dispatcher.dispatch();
  }

  /** Gives a run the event that it waits for: see `takeEvent`. */
  take(rest: Resting, awaited: Awaited, signal: AbortSignal): Promise<boolean | 'stopped'> {
    const woke = (row: RunRow): void => this.#dispatcher.woke(row);
    return takeEvent({ ...this.#options, woke }, rest, { awaited, signal });
  }

  /** Asks the store for runs that nobody told of. */
  sweep(): void {
    this.#dispatcher.sweep();
  }

  /** Keeps to the limits of the flows in force from now on. */
  useFlows(): Promise<void> {
    return this.#dispatcher.useFlows();
  }

  /** Begins no run any more, of the flow or of any, until it is resumed. */
  pause(flow: string | null): void {
    this.lanes.pause(flow, this.#options.time.now());
  }

  /** The same, and stops those under way where they are; tells how many steps it told to end. */
  suspend(flow: string | null, by: string): number {
    this.pause(flow);
    return this.#driver.suspend(flow, by);
  }

  /** Begins runs again. */
  resume(flow: string | null): void {
    this.#driver.unsuspend(flow);
    this.lanes.resume(flow, this.#options.time.now());
    this.#dispatcher.resumed();
  }

  async #begin({ id, run, flow, event, data }: Newborn): Promise<void> {
    const { store, session, logger } = this.#options;
    let motion = new Motion(id, run, { flow, event, identity: store.identity, data });
    const step = stepAt(flow, run.at);
    try {
      if (event.type === 'window.closed') motion = await this.#ofWindow(motion);
      logger.info('run started', { run: motion.shownId, flow: flow.name });
      if (step !== undefined) await this.#driver.drive(motion, next(run, step, session));
    } catch (error) {
      logger.error('a run was left to the next session', {
        run: motion.shownId,
        error: messageOf(error),
      });
    } finally {
      this.#driven();
    }
  }

  /** The run of a window, with the events that were gathered in it. */
  async #ofWindow({ id, run, origin }: Motion): Promise<Motion> {
    const { store } = this.#options;
    try {
      const members = await windowMembers(store, origin.event, origin.flow.name);
      return new Motion(id, run, { ...origin, members });
    } catch (error) {
      this.#dispatcher.left(id, run);
      throw error;
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
    await this.#dispatcher.idle();
  }
}

function stateAtBirth({ state }: Run): 'running' | 'queued' {
  return state === 'queued' ? 'queued' : 'running';
}
