import { type Clock, delay, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import type { RunRow, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { flowOfLane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import type { Session } from './next.ts';
import { suspectsOf } from './suspects.ts';
import type { TakeOver } from './take-over.ts';

/** Takes back a slot that was of no use; `isStale` where its run had moved on before. */
export type GiveBack = (isStale: boolean) => void;

export interface RecoveryOptions {
  readonly store: Store;
  readonly lanes: Lanes;
  readonly takeOver: TakeOver;
  readonly session: Session;
  readonly time: EngineTime;
  readonly clock: Clock;
  /** Drives a run in a slot that is counted. */
  readonly hold: (row: RunRow, session: Session, giveBack: GiveBack) => Promise<void>;
  /** Has something done a while later. */
  readonly later: (id: number, again: () => void) => void;
  readonly dispatch: () => void;
  readonly stopping: AbortSignal;
}

/** Rows that one question yields. */
const PAGE = 1_000;
/** How long a run that may kill the daemon is watched alone before others start beside it. */
const ISOLATION_MS = 1_000;

/** The runs that sessions before left as they were under way, until each is taken over. */
export class Recovery {
  readonly #options: RecoveryOptions;
  /** In the order in which they are taken over: first those that nobody may hold up. */
  readonly #express = new Map<number, RunRow>();
  readonly #others = new Map<number, RunRow>();
  /** Those of flows that are paused. */
  readonly #held = new Map<number, RunRow>();
  #onFree: (() => void) | undefined;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Whether nobody waits to be taken over but runs of flows that are paused. */
  get isOver(): boolean {
    return this.#express.size + this.#others.size === 0;
  }

  async load(): Promise<void> {
    for (let after = 0; ;) {
      const page = await this.#options.store.orphans({ limit: PAGE, after });
      const last = page.at(-1);
      if (last === undefined) return;
      for (const row of page) this.#add(row);
      after = last.id;
    }
  }

  /**
   * What was under way when a daemon died, and died before, runs alone for a moment: a crash then
   * names its cause.
   */
  async isolateSuspects(): Promise<void> {
    const { session, takeOver } = this.#options;
    if (session.afterCleanStop) return;
    const orphans = [...this.#express.values(), ...this.#others.values()];
    const free = orphans.filter(({ lane }) => !this.#options.lanes.isPaused(lane));
    const suspects = await takeOver.suspects(free);
    for (const { row, session: own } of suspectsOf(suspects, session)) {
      await this.#slotFree(row.lane);
      if (this.#stopped) return;
      if (this.#options.lanes.isPaused(row.lane)) continue;
      if (this.#leave(row.id) === undefined) continue;
      await this.#patience(this.#take(row, own));
    }
  }

  /**
   * Takes the next one over in a slot of its own, where that is free; false where none was. It is
   * begun again, and so not while its flow is paused.
   */
  takeNext(): boolean {
    const { lanes, session } = this.#options;
    for (;;) {
      const waiting = this.#express.size > 0 ? this.#express : this.#others;
      const row = waiting.values().next().value;
      if (row === undefined) return false;
      const isPaused = lanes.isPaused(row.lane);
      if (!isPaused && !lanes.hasFree(row.lane)) return false;
      waiting.delete(row.id);
      if (isPaused) this.#held.set(row.id, row);
      else {
        void this.#take(row, session);
        return true;
      }
    }
  }

  /** A pause is over: whom it has held back is taken over with the others. */
  resumed(): void {
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const row of held) this.#add(row);
  }

  /** Something becomes of a run before its turn has come: it takes a slot. False for others. */
  adopt(id: number): boolean {
    const orphan = this.#leave(id);
    if (orphan === undefined) return false;
    this.#options.lanes.adopt(orphan.lane, this.#options.time.now());
    return true;
  }

  /** Slots may have become free. */
  freed(): void {
    this.#onFree?.();
  }

  get #stopped(): boolean {
    return this.#options.stopping.aborted;
  }

  #leave(id: number): RunRow | undefined {
    for (const waiting of [this.#express, this.#others, this.#held]) {
      const orphan = waiting.get(id);
      if (waiting.delete(id)) return orphan;
    }
    return undefined;
  }

  #take(row: RunRow, session: Session): Promise<void> {
    const { lanes, time, hold } = this.#options;
    lanes.adopt(row.lane, time.now());
    return hold(row, session, (isStale) => this.#giveBack(row, isStale));
  }

  #giveBack({ id, lane }: RunRow, isStale: boolean): void {
    const { lanes, time, later, dispatch } = this.#options;
    if (isStale) lanes.move(lane, 'running', null, time.now());
    else {
      lanes.forsake(lane, time.now());
      later(id, () => void this.#lookAgain(id));
    }
    dispatch();
  }

  async #lookAgain(id: number): Promise<void> {
    const { store, session, dispatch } = this.#options;
    const row = await store.run(id).catch(() => undefined);
    if (row?.state !== 'running' || row.epoch >= session.epoch) return;
    this.#add(row);
    dispatch();
  }

  /** What nobody may hold up comes before the others. */
  #add(row: RunRow): void {
    const isExpress = this.#options.lanes.isExpress(flowOfLane(row.lane));
    (isExpress ? this.#express : this.#others).set(row.id, row);
  }

  /** Newcomers stand behind who waits here: else they could keep it waiting for ever. */
  async #slotFree(lane: string): Promise<void> {
    const { lanes, clock, stopping } = this.#options;
    const isFree = (): boolean => lanes.hasFree(lane);
    lanes.standBehind = !isFree();
    while (!isFree() && !this.#stopped) {
      const freed = new AbortController();
      this.#onFree = () => freed.abort();
      await delay(clock, TIMER_DELAY_MS_MAX, AbortSignal.any([freed.signal, stopping]));
    }
    lanes.standBehind = false;
  }

  async #patience(work: Promise<void>): Promise<void> {
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.#options.stopping]);
    await Promise.race([work, delay(this.#options.clock, ISOLATION_MS, signal)]);
    ended.abort();
  }
}
