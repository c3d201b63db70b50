import { type Clock, delay, type Timer, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { LogFields, Logger } from '../std/logger.ts';
import type { RunRow, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Driver } from './driver.ts';
import type { FindFlow } from './flow-finder.ts';
import type { Forks } from './forks.ts';
import { claim, type Session } from './next.ts';
import { stepAt } from './position.ts';
import type { Slots } from './slots.ts';
import { suspectsOf } from './suspects.ts';

export interface SweeperOptions {
  readonly store: Store;
  readonly driver: Driver;
  readonly findFlow: FindFlow;
  readonly forks: Forks;
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
/** How long a run is left alone that could not be taken over. */
const STUCK_MS = 30_000;
/** Runs that are left alone at once; more of them are tried again earlier. */
const STUCK_MAX = 500;

/**
 * Takes over the runs that nobody works on: queued ones, those whose time has come, and those that
 * an earlier session left behind. A look at the store costs nothing where nothing is due.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #taken = new Map<number, Promise<void>>();
  /** Runs that could not be taken over, with the monotonic time until which they are left alone. */
  readonly #stuck = new Map<number, number>();
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #isolating = false;
  #sweeping: Promise<void> | undefined;
  #again = false;
  #waitsForSlot = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Begins with the runs under which a daemon died before, one after the other. */
  async start(): Promise<void> {
    this.#isolating = true;
    try {
      await this.#isolateSuspects();
    } catch (error) {
      this.#report('looking for interrupted runs failed', { error: messageOf(error) });
    }
    this.#isolating = false;
    this.sweep();
  }

  /** Takes nothing over from now on. */
  stop(): void {
    this.#stopping.abort();
    this.#timer?.cancel();
  }

  /** Resolves when none of what was taken over is under way. */
  async idle(): Promise<void> {
    await this.#sweeping;
    while (this.#taken.size > 0) await Promise.all(this.#taken.values());
  }

  /** Looks now, or once more after the look that is under way. */
  sweep(): void {
    this.#again = true;
    if (this.#isolating || this.#stopped) return;
    this.#sweeping ??= this.#sweepAll().finally(() => {
      this.#sweeping = undefined;
      // Somebody may have asked in the moment between the last look and this one.
      if (this.#again) this.sweep();
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

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #sweepAll(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#sweepOnce();
      } catch (error) {
        this.#report('looking for due runs failed', { error: messageOf(error) });
        this.arm(this.#options.time.now() + SWEEP_MS);
      }
    }
  }

  async #sweepOnce(): Promise<void> {
    const { slots, time } = this.#options;
    const now = time.now();
    this.#release();
    const limit = Math.min(PAGE, slots.free + this.#taken.size + this.#stuck.size + 1);
    const rows = await this.#claimable(now, limit);
    const waiting = rows.filter(({ id }) => !this.#taken.has(id) && !this.#stuck.has(id));
    const next = waiting.slice(0, slots.free);
    for (const row of next) void this.#take(row, this.#options.session);
    slots.backlog = waiting.length > next.length;
    // Slots that became free while this was asked are not in the limit: there may be more to take.
    const more = slots.backlog || rows.length === limit;
    if (more && next.length > 0 && !slots.backlog) this.#again = true;
    else if (more) this.#sweepWhenFree();
    this.arm(await this.#nextLook(now));
  }

  #sweepWhenFree(): void {
    if (this.#waitsForSlot) return;
    this.#waitsForSlot = true;
    this.#options.slots.onFree(() => {
      this.#waitsForSlot = false;
      this.sweep();
    });
  }

  /**
   * When the next run falls due. What is due already needs no timer: it is taken, or waits for a
   * slot.
   */
  async #nextLook(now: number): Promise<number> {
    const lanes = await this.#options.store.lanes();
    const dues = lanes.flatMap(({ due }) => [due.queued, due.waiting]);
    const later = dues.flatMap((due) => (due === null || due <= now ? [] : [due]));
    return Math.min(...later, now + SWEEP_MS);
  }

  async #claimable(now: number, limit: number): Promise<RunRow[]> {
    const { store } = this.#options;
    const rows = await store.orphans({ limit });
    for (const { lane } of await store.lanes()) {
      for (const state of ['waiting', 'queued'] as const) {
        rows.push(...(await store.claimable({ lane, state, now, limit })));
      }
    }
    return rows.slice(0, limit);
  }

  #take(row: RunRow, session: Session): Promise<void> {
    const { slots } = this.#options;
    slots.take();
    const work = this.#work(row, session)
      .catch((error: unknown) => this.#leaveAlone(row, messageOf(error)))
      .finally(() => {
        this.#taken.delete(row.id);
        slots.giveBack();
      });
    this.#taken.set(row.id, work);
    return work;
  }

  async #work(row: RunRow, session: Session): Promise<void> {
    const { driver, forks } = this.#options;
    const motion = await forks.takeUp(row);
    const step = stepAt(motion.flow, motion.run.at);
    if (step === undefined) throw new Error(`its flow has no step at ${motion.run.at}`);
    const blaming = { ...session, blames: driver.mayKill(step) };
    await driver.drive(motion, claim(motion.run, step, blaming));
  }

  /** Others are not kept waiting by a run that nobody can take over. */
  #leaveAlone({ id }: RunRow, error: string): void {
    this.#report('a run could not be taken over', { run: id, error });
    if (this.#stuck.size < STUCK_MAX)
      this.#stuck.set(id, this.#options.clock.monotonic() + STUCK_MS);
  }

  #release(): void {
    const now = this.#options.clock.monotonic();
    for (const [id, until] of this.#stuck) if (until <= now) this.#stuck.delete(id);
  }

  /**
   * What was under way when a daemon died, and died before, runs alone for a moment: a crash then
   * names its cause.
   */
  async #isolateSuspects(): Promise<void> {
    const { store, session } = this.#options;
    if (session.afterCleanStop) return;
    const orphans = await store.orphans({ limit: PAGE });
    for (const suspect of suspectsOf(await this.#mayKill(orphans), session)) {
      await this.#slotFree();
      if (this.#stopped) return;
      const taken = this.#take(suspect.row, suspect.session);
      this.#options.slots.backlog = false;
      await this.#patience(taken);
    }
  }

  /** Those of the runs whose step may be what kills the daemon. */
  async #mayKill(orphans: readonly RunRow[]): Promise<readonly RunRow[]> {
    const { driver, findFlow } = this.#options;
    const suspects: RunRow[] = [];
    for (const row of orphans.filter(({ crashes }) => crashes > 0)) {
      const flow = await findFlow(row.catalog, row.flow).catch(() => undefined);
      const step = flow === undefined ? undefined : stepAt(flow, row.at);
      if (step !== undefined && driver.mayKill(step)) suspects.push(row);
    }
    return suspects;
  }

  /** Newcomers stand behind who waits here: else they could keep it waiting for ever. */
  async #slotFree(): Promise<void> {
    const { slots } = this.#options;
    slots.backlog = slots.free === 0;
    while (slots.free === 0 && !this.#stopped) {
      await new Promise<void>((resolve) => {
        slots.onFree(resolve);
        this.#stopping.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  async #patience(work: Promise<void>): Promise<void> {
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.#stopping.signal]);
    await Promise.race([work, delay(this.#options.clock, ISOLATION_MS, signal)]);
    ended.abort();
  }

  #report(message: string, fields: LogFields): void {
    if (!this.#stopped) this.#options.logger.error(message, fields);
  }
}
