import type { Session } from '../runs/next.ts';
import type { Runner } from '../runs/runner.ts';
import { type Clock, delay, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { appendPatiently, stamped } from '../store/patience.ts';
import type { Catalogs } from './catalogs.ts';
import type { EventWaits } from './event-waits.ts';
import type { LogFollower } from './follower.ts';
import { HookVerdicts } from './hook-verdicts.ts';
import { Planner } from './planner.ts';
import { type CancelRun, Replacements } from './replacements.ts';
import { newRound, type Place, type Round } from './round.ts';
import { Scout } from './scout.ts';
import type { StartGate } from './start-gate.ts';
import { decodeTally, decodeWatched, encodeTally, type Tally } from './tally.ts';
import { ARRIVAL_LOOK_MS, isHasty, Watch } from './watch.ts';
import type { OpenWindow } from './window.ts';
import { Windows, windowWrites } from './windows.ts';

/** What a router follows, asks and hands runs to. */
export interface RouterOptions {
  readonly store: Store;
  readonly follower: LogFollower;
  readonly catalogs: Catalogs;
  readonly runner: Runner;
  readonly session: Session;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Cancels a run that is to make way for a newer one; without it the newer one is queued. */
  readonly cancel?: CancelRun | undefined;
  /** What hooks said of events; by default what an earlier session recorded, and no more. */
  readonly verdicts?: HookVerdicts;
  /** Who must hear of events before they are routed. */
  readonly hearing?: Hearing | undefined;
  /** Whether a start may come about; without it each may. */
  readonly gate?: StartGate | undefined;
  /** Who shows events to the runs that wait for them. */
  readonly waits?: EventWaits | undefined;
}

/** Whoever is asked about events before they are routed. */
export interface Hearing {
  /**
   * Those of the records, from the first on, of which everything is said. Resolves when there are
   * any, or with none when `signal` is aborted.
   */
  heard(records: readonly LogRecord[], signal: AbortSignal): Promise<readonly LogRecord[]>;
}

/** The name under which the router's place in the log is kept. */
export const ROUTER = 'router';

/** Events that may pass without a match before the checkpoint is written all the same. */
const UNRECORDED_MAX = 10_000;

/** Commits under way: while one is being written, the next is planned. */
const COMMITS_MAX = 2;

/** How long the router waits before it tries again what went wrong. */
const TROUBLE_RETRY_MS = 1_000;

/** Windows that are given longer time by one commit. */
const LENGTHENED_MAX = 1_000;

/** What is wrong, and since when in engine time. */
export interface Trouble {
  readonly reason: string;
  readonly since: number;
}

/**
 * Follows the log and starts what wants its events: the runs that an event starts, its dead letters
 * and the router's place are one commit, so that each event starts each flow once, whatever
 * happens.
 *
 * While no slot is free, events wait in the log, which costs nothing; where slots do not turn over,
 * their runs are recorded as queued, so that a person sees them.
 */
export class Router implements Service {
  readonly name = 'router';
  readonly #options: RouterOptions;
  readonly #stopping = new AbortController();
  readonly #planner: Planner;
  readonly #replacements: Replacements;
  readonly #verdicts: HookVerdicts;
  /** What is durable. */
  #done: Place = { at: 0, recorded: 0, tally: decodeTally('{}') };
  /** What is planned: ahead of what is durable by the commits under way. */
  #planned: Place = this.#done;
  /** Commits that nobody waits for; none of these promises is rejected. */
  readonly #underWay = new Set<Promise<void>>();
  /** What a commit met: all that was planned behind it is void. */
  #lost: Error | undefined;
  #trouble: Trouble | undefined;
  /** The open windows, as of what is planned. */
  #windows = new Windows();
  readonly #watch: Watch;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#watch = new Watch(options.clock);
    const scout = new Scout({ ...options, lanes: options.runner.lanes });
    const windows = (): Windows => this.#windows;
    this.#replacements = new Replacements({ ...options, lanes: options.runner.lanes });
    this.#verdicts = options.verdicts ?? new HookVerdicts();
    const { signal } = this.#stopping;
    const verdicts = this.#verdicts;
    const watch = this.#watch;
    this.#planner = new Planner({ ...options, scout, windows, watch, verdicts, signal });
  }

  /** The last seq that is routed. */
  get at(): number {
    return this.#done.at;
  }

  get tally(): Tally {
    return this.#done.tally;
  }

  /** Why nothing is routed at present; undefined where all is well. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Finds the place and the tally that the last session recorded, without going on from there. */
  async load(): Promise<void> {
    const { seq, state } = await this.#options.store.checkpoint(ROUTER);
    this.#done = { at: seq, recorded: seq, tally: decodeTally(state) };
    this.#planned = this.#done;
    this.#watch.marked(decodeWatched(state));
  }

  async start(): Promise<void> {
    await this.load();
    this.#windows = await Windows.load(this.#options.store);
    this.#watch.begin(this.#options.time.now());
    await this.#verdicts.load(this.#options.store, this.#done.at);
    await this.#options.waits?.load(this.#done.at);
    this.#loop = this.#follow();
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return this.#loop;
    this.#stopping.abort();
    this.#options.waits?.stop();
    this.#options.follower.wake();
    await this.#loop;
    const { at, recorded } = this.#done;
    if (at <= recorded && !this.#windows.watches) return;
    const round = this.#round();
    round.received = this.#options.time.now();
    await this.#commit(round);
  }

  async #follow(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#step();
        this.#trouble = undefined;
      } catch (error) {
        await this.#rewind();
        if (!(error instanceof Overtaken)) await this.#suffer(messageOf(error));
      }
    }
    await Promise.all(this.#underWay);
  }

  async #step(): Promise<void> {
    const { follower, hearing } = this.#options;
    while (this.#underWay.size >= COMMITS_MAX) await Promise.race(this.#underWay);
    if (this.#lost !== undefined) throw this.#lost;
    await this.#news();
    this.#watch.look();
    await this.#makeUp();
    const records = await follower.next(this.#planned.at);
    if (records.length === 0) return this.#closeWindows();
    if (hearing === undefined) return this.#receive(records);
    const heard = await hearing.heard(records, this.#stopping.signal);
    if (heard.length > 0) await this.#receive(heard);
  }

  /** What runs take that waited for it is durable before the router's place is behind it. */
  async #receive(records: readonly LogRecord[]): Promise<void> {
    const { waits } = this.#options;
    waits?.hear(records);
    if (waits?.isBusy === true) await waits.settled();
    await this.#route(records);
  }

  /** Resolves when there is something to route, or a window falls due. */
  async #news(): Promise<void> {
    const { follower, clock, time } = this.#options;
    const nextDue = this.#nextDue();
    if (nextDue === undefined) return follower.wait(this.#planned.at);
    const delayMs = Math.min(Math.max(0, nextDue - time.now()), TIMER_DELAY_MS_MAX);
    const timer = clock.schedule(delayMs, () => follower.wake());
    await follower.wait(this.#planned.at);
    timer.cancel();
  }

  /** When a window falls due, or it is to be recorded that the router watches. */
  #nextDue(): number | undefined {
    const { nextDue, watches } = this.#windows;
    return nextDue === undefined || !watches ? nextDue : Math.min(nextDue, this.#watch.nextMark);
  }

  /** Closes the windows that are due where nothing is left that might come into them. */
  async #closeWindows(): Promise<void> {
    const { store, time, clock } = this.#options;
    const now = time.now();
    const overdue = this.#windows.overdue(now);
    if (overdue === undefined && (!this.#windows.watches || now < this.#watch.nextMark)) return;
    await this.#caughtUp();
    // What came meanwhile, and before they were due, is shown to them first.
    if (store.head() > this.#planned.at) return;
    // What is on its way to the log may be what is to stay away.
    const stays = store.pending() > 0 ? (open: OpenWindow) => isHasty(open, now) : undefined;
    if (overdue !== undefined && stays?.(overdue) === true) {
      return delay(clock, ARRIVAL_LOOK_MS, this.#stopping.signal);
    }
    const round = this.#round();
    round.received = now;
    this.#planner.closeWindows(round, now, stays);
    await this.#commitInPlace(round);
  }

  /**
   * What nobody watched does not count as silence: a time in which the daemon was down, or could
   * not record anything, or the machine slept. The windows that wait for something to stay away
   * have that much longer.
   */
  async #makeUp(): Promise<void> {
    const { unwatchedMs, recorded } = this.#watch;
    if (unwatchedMs > 0 && this.#windows.watches) {
      await this.#caughtUp();
      for (let left = this.#windows.watching; left.length > 0; left = left.slice(LENGTHENED_MAX)) {
        const round = this.#round();
        round.received = this.#options.time.now();
        const isLast = left.length <= LENGTHENED_MAX;
        round.watched = isLast ? round.received : recorded;
        this.#windows.lengthen(round.stage, left.slice(0, LENGTHENED_MAX), unwatchedMs);
        await this.#commitInPlace(round);
      }
    }
    this.#watch.madeUp();
  }

  /** What is not durable is planned again. */
  async #rewind(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#lost = undefined;
    this.#planned = this.#done;
    const windows = await Windows.load(this.#options.store).catch((error: unknown) => {
      this.#lost = error instanceof Error ? error : new Error(String(error));
      return undefined;
    });
    if (windows === undefined) return;
    this.#windows = windows;
    this.#watch.begin(this.#options.time.now());
  }

  /** What stops the router holds up everything: it is told, and tried again. */
  async #suffer(reason: string): Promise<void> {
    const { time, clock, logger } = this.#options;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    if (this.#trouble === undefined) logger.error('nothing is routed', { reason });
    this.#trouble ??= { reason, since: time.now() };
    await delay(clock, TROUBLE_RETRY_MS, signal);
  }

  /**
   * Routes a prefix of the records: as far as slots reach, and all of it once patience has run out.
   */
  async #route(records: readonly LogRecord[]): Promise<void> {
    const { time } = this.#options;
    const round = this.#round();
    try {
      for (;;) {
        round.received = time.now();
        const obstacle = this.#planner.plan(round, records);
        if (obstacle === undefined) break;
        await obstacle;
      }
    } catch (error) {
      this.#planner.release(round);
      this.#windows.discard(round.stage);
      // What comes before the trouble does not wait for its end.
      if (round.to > this.#planned.at)
        return this.#route(records.filter(({ seq }) => seq <= round.to));
      throw error;
    }
    const { at, recorded } = this.#planned;
    const changes = round.writes.length > 0 || round.stage.changes.size > 0;
    if (round.to === at) return changes ? this.#commitInPlace(round) : this.#forget(round);
    const commits = changes || round.to - recorded >= UNRECORDED_MAX;
    const { to, tally } = round;
    this.#planned = { at: to, recorded: commits ? to : recorded, tally };
    this.#pursue(commits ? this.#commit(round) : this.#pass(round));
  }

  #forget({ stage }: Round): void {
    this.#windows.discard(stage);
  }

  /**
   * A round that has not moved on: nothing may be planned behind it before it is durable, since the
   * checkpoint would not tell that it is missing.
   */
  async #commitInPlace(round: Round): Promise<void> {
    await this.#caughtUp();
    await this.#commit(round);
    this.#planned = this.#done;
  }

  /** Resolves when all that is planned is durable. */
  async #caughtUp(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#lost !== undefined) throw this.#lost;
  }

  /** Leaves a commit to itself. What it meets ends the next step. */
  #pursue(commit: Promise<void>): void {
    const settled: Promise<void> = commit
      .catch((error: unknown) => {
        this.#lost ??= error instanceof Error ? error : new Error(String(error));
        this.#options.follower.wake();
      })
      .finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
  }

  #round(): Round {
    const chained = this.#underWay.size > 0;
    return newRound(this.#planned, { chained, stage: this.#windows.stage() });
  }

  async #commit(round: Round): Promise<void> {
    const { store, clock, time, runner } = this.#options;
    const { from, to, tally, writes } = round;
    const watched = this.#windows.watches ? this.#watch.toRecord(round) : undefined;
    const checkpoint = { consumer: ROUTER, from, to, state: encodeTally(tally, watched) };
    // What was planned first may have waited for a catalog to be read.
    const windows = windowWrites(round.stage);
    const written = windows.length === 0 ? { writes, checkpoint } : { writes, checkpoint, windows };
    const unit = stamped(written, round.received);
    const { signal } = this.#stopping;
    const result = await appendPatiently(store, unit, { clock, time, signal }).catch(
      (error: unknown) => {
        this.#planner.release(round);
        throw error;
      },
    );
    if (result.kind !== 'appended') {
      this.#planner.release(round);
      if (signal.aborted) return;
      if (round.chained) throw new Overtaken();
      throw new Error('somebody else routes this log: its checkpoint has moved');
    }
    this.#done = { at: to, recorded: to, tally };
    this.#windows.commit(round.stage);
    this.#watch.marked(watched);
    this.#verdicts.forget(to);
    for (const { place, newborn } of round.expected)
      runner.begin({ id: result.first + place, ...newborn });
    runner.dispatch();
    for (const lane of round.replacing) this.#replacements.makeWay(lane);
  }

  /** Records that mean nothing to any flow leave no trace of their own. */
  async #pass({ to, tally, stage }: Round): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#lost !== undefined) return;
    this.#windows.commit(stage);
    if (to <= this.#done.at) return;
    this.#done = { ...this.#done, at: to, tally };
    this.#verdicts.forget(to);
  }
}

/**
 * A commit stood behind another one that met a full disk: it is planned again, and nothing is
 * wrong.
 */
class Overtaken extends Error {}
