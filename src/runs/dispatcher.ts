import type { Flow } from '../flows/flow.ts';
import { type Clock, delay, type Timer, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { LogFields, Logger } from '../std/logger.ts';
import type { OpenState, RunRow } from '../store/contract.ts';
import { isOpen } from '../store/lane-rows.ts';
import { Backlog, headOf } from './backlog.ts';
import type { Run } from './evolve.ts';
import type { Waiting } from './lane-state.ts';
import type { Grant, Lanes } from './lanes.ts';
import type { Session } from './next.ts';
import { type GiveBack, Recovery } from './recovery.ts';
import { StuckRuns } from './stuck.ts';
import { TakeOver, type TakeOverOptions } from './take-over.ts';

/** The flows in force, whose limits hold. */
export type FlowsInForce = () => Promise<ReadonlyMap<string, Flow>>;

export interface DispatcherOptions extends TakeOverOptions {
  readonly flowsInForce: FlowsInForce;
  readonly session: Session;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether runs are decided on that are not recorded yet, so that the store knows too little. */
  readonly isBearing: () => boolean;
}

/** How often the store is asked for runs that nobody told of. */
const SWEEP_MS = 5_000;
/** What such a question may cost of the time: one part in so many. */
const SWEEP_SHARE = 100;
/** Rows of a question about runs that are not handed out lane by lane. */
const PAGE = 1_000;

/**
 * Gives slots to the runs that nobody works on, as their lanes' limits allow: queued ones, those
 * whose time has come, and before them those that an earlier session left behind. Whom a slot is
 * granted to, its run's next record says.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #takeOver: TakeOver;
  readonly #backlog: Backlog;
  readonly #recovery: Recovery;
  /** The runs that hold a slot, each by the grant of it. */
  readonly #holding = new Map<number, number>();
  /** Queued runs that are being ended. */
  readonly #ending = new Set<number>();
  readonly #work = new Set<Promise<void>>();
  #grants = 0;
  readonly #stuck = new StuckRuns();
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #sweepAt = Number.POSITIVE_INFINITY;
  #isolating = false;
  /** Whether the limits are not known, so that nobody may begin. */
  #isBlind = false;
  #sweeping: Promise<void> | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#takeOver = new TakeOver(options);
    this.#backlog = new Backlog(options.store, (id) => this.#isTaken(id));
    this.#recovery = new Recovery({
      ...options,
      takeOver: this.#takeOver,
      hold: (row, session, giveBack) => this.#hold(row, session, giveBack),
      later: (id, again) => this.#leaveAlone(id, again),
      dispatch: () => this.dispatch(),
      stopping: this.#stopping.signal,
    });
  }

  /** Counts what is open, before anything new is begun. */
  async load(): Promise<void> {
    const { store, lanes, time } = this.#options;
    this.#isolating = true;
    await this.useFlows();
    lanes.load(await store.lanes(), time.now());
    await this.#recovery.load();
  }

  /** Begins with the runs under which a daemon died before, one after the other. */
  async start(): Promise<void> {
    const { clock, time } = this.#options;
    while (this.#isBlind && !this.#stopped) {
      await delay(clock, SWEEP_MS, this.#stopping.signal);
      await this.useFlows();
    }
    await this.#recovery.isolateSuspects();
    this.#holdBack();
    this.#isolating = false;
    this.#sweepAt = time.now() + SWEEP_MS;
    this.dispatch();
  }

  /** Keeps to the limits of the flows in force. Nobody is begun where these cannot be read. */
  async useFlows(): Promise<void> {
    const { lanes, flowsInForce, time } = this.#options;
    try {
      lanes.useFlows(await flowsInForce(), time.now());
      this.#isBlind = false;
    } catch (error) {
      if (!this.#isBlind) this.#report('the flows in force cannot be read', error);
      this.#isBlind = true;
    }
    this.#holdBack();
  }

  /** Newcomers stand behind those who are taken over first. */
  #holdBack(): void {
    this.#options.lanes.standBehind = this.#isBlind || !this.#recovery.isOver;
  }

  /** Takes nothing over from now on. */
  stop(): void {
    this.#stopping.abort();
    this.#timer?.cancel();
  }

  /** Resolves when none of what was taken over is under way. */
  async idle(): Promise<void> {
    await this.#sweeping;
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  /** Gives away what slots there are. Costs next to nothing where nobody waits. */
  dispatch(): void {
    const { lanes, time } = this.#options;
    if (this.#stopped) return;
    const now = time.now();
    if (this.#isolating) {
      this.#recovery.freed();
      this.#takeAll(() => lanes.takeExpress(now));
      return lanes.callFreed();
    }
    this.#stuck.release(now);
    while (this.#recovery.takeNext());
    this.#holdBack();
    this.#takeAll(() => lanes.take(now));
    for (const { lane, queueMs } of lanes.expired(now)) void this.#expire(lane, queueMs);
    if (now >= this.#sweepAt) this.sweep();
    this.#arm();
    lanes.callFreed();
  }

  /** A pause is over. */
  resumed(): void {
    this.#recovery.resumed();
    this.dispatch();
  }

  /** A run waits, queued or resting, and falls due then. */
  waits(id: number, { lane, due }: Pick<Run, 'lane' | 'due'>, state: Waiting): void {
    if (due === null) return;
    this.#backlog.grown(lane, state);
    this.#options.lanes.hint(lane, state, { due, id }, this.#options.time.now());
  }

  /** A run that has just been recorded is under way, in a slot that is counted. */
  holds(id: number): void {
    this.#holding.set(id, ++this.#grants);
  }

  /** A run has become what `run` says: one that is new, where it was nothing before. */
  moved(id: number, run: Run, from: OpenState | null): void {
    const { lanes, time } = this.#options;
    const { state, lane } = run;
    this.#backlog.moved(id);
    if (from === 'running' && this.#recovery.adopt(id)) this.holds(id);
    const before = this.#holding.delete(id) ? 'running' : this.#withoutSlot(id, from);
    lanes.move(lane, before, isOpen(state) ? state : null, time.now());
    if (state === 'running') this.holds(id);
    if (before === 'queued' || before === 'waiting') this.#passOver(id, lane, before);
    if (state === 'queued' || state === 'waiting') this.waits(id, run, state);
    this.dispatch();
  }

  /** A run that rests falls due now, as this row says, which is not read again. */
  woke(row: RunRow): void {
    const { lanes, time } = this.#options;
    this.#backlog.moved(row.id);
    this.#backlog.woke(row, lanes.head(row.lane, 'waiting'));
    lanes.hint(row.lane, 'waiting', headOf(row), time.now());
    this.dispatch();
  }

  /** As what a run counts that is in a driver's hands and holds no slot. */
  #withoutSlot(id: number, from: OpenState | null): OpenState | null {
    if (from !== 'running') return from;
    return this.#ending.has(id) ? 'queued' : 'waiting';
  }

  /**
   * Nobody goes on with a run that holds a slot: it stays begun until a session takes it over. One
   * that holds none is no matter.
   */
  left(id: number, { lane }: Run): void {
    const { lanes, time } = this.#options;
    if (!this.#holding.delete(id)) return;
    lanes.move(lane, 'running', 'waiting', time.now());
    this.dispatch();
  }

  /** Asks the store for runs that nobody told of. */
  sweep(): void {
    if (this.#isolating || this.#stopped) return;
    this.#sweepAt = Number.POSITIVE_INFINITY;
    this.#sweeping ??= this.#sweep()
      .catch((error: unknown) => this.#report('looking for due runs failed', error))
      .finally(() => {
        this.#sweeping = undefined;
        this.dispatch();
      });
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #sweep(): Promise<void> {
    const { store, lanes, time, clock, isBearing } = this.#options;
    const began = clock.monotonic();
    this.#sweepAt = time.now() + SWEEP_MS;
    if (this.#isBlind) await this.useFlows();
    const { revision } = lanes;
    const rows = await store.lanes();
    const tookMs = clock.monotonic() - began;
    this.#sweepAt = time.now() + Math.max(SWEEP_MS, SWEEP_SHARE * tookMs);
    const isStill = lanes.taken === 0 && !isBearing() && lanes.revision === revision;
    if (isStill) lanes.reload(rows, time.now());
    else lanes.reloadBusy(rows, time.now());
    for (const { lane } of rows) {
      this.#backlog.grown(lane, 'queued');
      this.#backlog.grown(lane, 'waiting');
    }
  }

  #takeAll(next: () => Grant | undefined): void {
    if (this.#isBlind) return;
    for (let grant = next(); grant !== undefined; grant = next()) this.#take(grant);
  }

  /** Finds the run that a grant is for, and drives it. */
  #take({ lane, state }: Grant): void {
    const row = this.#backlog.take(lane, state);
    if (row !== undefined) return this.#begin(row, state);
    void this.#read(lane, state).then((isRead) => {
      const read = isRead && !this.#stopped ? this.#backlog.take(lane, state) : undefined;
      if (read !== undefined) this.#begin(read, state);
      else {
        this.#options.lanes.move(lane, 'running', state, this.#options.time.now());
        if (isRead) this.#expectNext(lane, state);
      }
      this.dispatch();
    });
  }

  #begin(row: RunRow, state: Waiting): void {
    void this.#hold(row, this.#options.session, (isStale) => this.#giveBack(row, state, isStale));
    this.#expectNext(row.lane, state);
  }

  /** False where the store gave no answer: the next sweep asks again. */
  async #read(lane: string, state: Waiting): Promise<boolean> {
    const { time } = this.#options;
    try {
      await this.#backlog.read(lane, state, time.now());
      return true;
    } catch (error) {
      this.#report('looking for due runs failed', error);
      return false;
    }
  }

  /** A run of the lane waits no more that may have been its next. */
  #passOver(id: number, lane: string, state: Waiting): void {
    this.#backlog.forget(id, lane, state);
    const head = this.#options.lanes.head(lane, state);
    if (head?.id === id || head?.id === 0) this.#expectNext(lane, state);
  }

  /** Says what comes next in the lane, after reading as often as it grows meanwhile. */
  #expectNext(lane: string, state: Waiting): void {
    const { lanes, time } = this.#options;
    const head = this.#backlog.head(lane, state);
    if (head !== undefined) return lanes.expect(lane, state, head, time.now());
    // Who reads it says so, once for all who ask meanwhile.
    if (this.#backlog.isRead(lane, state)) return;
    void this.#read(lane, state).then((isRead) => {
      if (!isRead || this.#stopped) return;
      this.#expectNext(lane, state);
      this.dispatch();
    });
  }

  /** Drives a run in the slot that it has got. `giveBack` is for one that was not moved. */
  #hold(row: RunRow, session: Session, giveBack: GiveBack): Promise<void> {
    this.holds(row.id);
    const grant = this.#grants;
    return this.#underWay(
      this.#drive(row, session)
        .catch((error: unknown) => {
          this.#report('a run could not be taken over', error, row.id);
          return false;
        })
        .then((isStale) => {
          if (this.#holding.get(row.id) !== grant) return;
          this.#backlog.back(row.id);
          this.#holding.delete(row.id);
          giveBack(isStale);
        }),
    );
  }

  /** Whether the run had moved on before it was taken up: then this was no turn of its own. */
  async #drive(row: RunRow, session: Session): Promise<boolean> {
    const pause = await this.#takeOver.pauseOwed(row, session);
    const motion = await this.#takeOver.motionOf(row);
    try {
      await this.#takeOver.drive(motion, session, pause);
    } catch (error) {
      this.#report('a run was left to the next session', error, row.id);
    }
    if (motion.version !== row.version || this.#stopped) return false;
    return (await this.#options.store.run(row.id))?.version !== row.version;
  }

  #underWay(work: Promise<void>): Promise<void> {
    const settled: Promise<void> = work.finally(() => this.#work.delete(settled));
    this.#work.add(settled);
    return settled;
  }

  #isTaken(id: number): boolean {
    return this.#holding.has(id) || this.#stuck.has(id) || this.#ending.has(id);
  }

  /** A run that nobody could take over waits on, and keeps no other one waiting. */
  #giveBack({ id, lane, due }: RunRow, state: Waiting, isStale: boolean): void {
    const { lanes, time } = this.#options;
    lanes.move(lane, 'running', state, time.now());
    if (isStale) this.#expectNext(lane, state);
    else this.#leaveAlone(id, () => this.waits(id, { lane, due }, state));
    this.dispatch();
  }

  #leaveAlone(id: number, again: () => void): void {
    this.#stuck.leaveAlone(id, this.#options.time.now(), again);
  }

  /** Ends the lane's runs that have waited for too long. */
  async #expire(lane: string, queueMs: number): Promise<void> {
    const { store, time } = this.#options;
    try {
      const now = time.now() - queueMs;
      const rows = await store.claimable({ lane, state: 'queued', now, limit: PAGE });
      const free = rows.filter(({ id }) => !this.#isTaken(id));
      await Promise.all(free.map((row) => this.#end(row, queueMs)));
    } catch (error) {
      this.#report('looking for runs that waited too long failed', error);
    }
    if (!this.#stopped) this.#expectNext(lane, 'queued');
  }

  #end(row: RunRow, queueMs: number): Promise<void> {
    this.#ending.add(row.id);
    return this.#underWay(
      this.#takeOver
        .expire(row, queueMs)
        .catch((error: unknown) => {
          this.#report('a run could not be taken over', error, row.id);
          this.#leaveAlone(row.id, () => this.waits(row.id, row, 'queued'));
        })
        .finally(() => this.#ending.delete(row.id)),
    );
  }

  /** Makes sure that somebody looks when the next thing falls due. */
  #arm(): void {
    const { lanes, time, clock } = this.#options;
    const due = Math.min(lanes.wakeAt, this.#sweepAt, this.#stuck.next);
    if (this.#stopped || due >= this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = due;
    const delayMs = Math.min(Math.ceil(due - time.now()), TIMER_DELAY_MS_MAX);
    this.#timer = clock.schedule(delayMs, () => {
      this.#armedFor = Number.POSITIVE_INFINITY;
      this.dispatch();
    });
  }

  #report(message: string, error: unknown, run?: number): void {
    if (this.#stopped) return;
    const fields: LogFields = { ...(run === undefined ? {} : { run }), error: messageOf(error) };
    this.#options.logger.error(message, fields);
  }
}
