import type { Flow } from '../flows/flow.ts';
import type { LaneRow, OpenState } from '../store/contract.ts';
import { flowOfLane } from './lane.ts';
import { isBranchLane } from './lane-names.ts';
import { LaneQueue } from './lane-queue.ts';
import { LaneRegistry } from './lane-registry.ts';
import {
  type FlowShare,
  type Head,
  isBefore,
  type LaneState,
  type LimitState,
  type Waiting,
} from './lane-state.ts';
import type { Verdict } from './lane-verdict.ts';
import { EXPRESS_SLOTS, SlotPool } from './slot-pool.ts';

/** A slot that has been granted to the next run of a lane. */
export interface Grant {
  readonly lane: string;
  readonly state: Waiting;
}

export interface LanesOptions {
  /** How many runs may hold a slot at once. */
  readonly slots: number;
  /** When the session began, in engine time: what started before is not known. */
  readonly since: number;
  /** Whether the runs of a flow have the slots of the express pool: see `EXPRESS_SLOTS`. */
  readonly isExpress?: ((flow: Flow) => boolean) | undefined;
}

/**
 * Who may hold a slot: counts the open runs of every lane against their limits, and says whose run
 * is next. It decides and does nothing: who begins, rests or ends is told to it, and so is `now`,
 * which never goes back.
 */
export class Lanes {
  readonly #registry: LaneRegistry;
  readonly #pool: SlotPool<FlowShare>;
  readonly #express = new SlotPool<FlowShare>(EXPRESS_SLOTS);
  readonly #queue = new LaneQueue();
  readonly #freed = new Set<() => void>();
  #standBehind = false;
  #paused = false;
  /** Runs that are queued, without branches. */
  #queued = 0;
  #revision = 0;

  constructor({ slots, since, isExpress = () => false }: LanesOptions) {
    this.#pool = new SlotPool(slots);
    this.#registry = new LaneRegistry(since, (flow) => {
      return flow !== undefined && isExpress(flow) ? this.#express : this.#pool;
    });
  }

  /** The slots of all runs but express ones. */
  get slots(): number {
    return this.#pool.slots;
  }

  /** Slots that runs hold, express ones among them. */
  get taken(): number {
    return this.#pool.taken + this.#express.taken;
  }

  /** Those of `slots` that nobody holds. */
  get free(): number {
    return this.#pool.free;
  }

  /** Whether somebody waits for one of `slots`: newcomers then stand behind. */
  get waits(): boolean {
    return this.#standBehind || (!this.#paused && !this.#pool.turns.isEmpty);
  }

  /** Whether the flow's runs have slots that no other flow's runs hold. */
  isExpress(flow: string): boolean {
    return this.#registry.share(flow).pool === this.#express;
  }

  /** Whether there is a slot that the lane's runs may have. */
  hasFree(text: string): boolean {
    return this.#registry.share(flowOfLane(text)).pool.free > 0;
  }

  /** Another number whenever a run has been counted anew. */
  get revision(): number {
    return this.#revision;
  }

  /** When something falls due, in engine time, without anybody telling. */
  get wakeAt(): number {
    return this.#queue.wakeAt;
  }

  /** Whether newcomers stand behind somebody who is not counted here; express ones never do. */
  get standBehind(): boolean {
    return this.#standBehind;
  }

  set standBehind(value: boolean) {
    this.#standBehind = value;
    this.callFreed();
  }

  /** Puts the limits of these flows in force, for the runs that are open too. */
  useFlows(flows: ReadonlyMap<string, Flow>, now: number): void {
    for (const lane of this.#registry.lanes) this.#queue.remove(lane);
    // None of them stands in line while its priority changes: what is ordered by it would be torn.
    for (const share of this.#registry.shares) this.#queue.claimTurn(share, now);
    this.#registry.useFlows(flows, now);
    for (const lane of this.#registry.lanes) this.#count(lane, 1);
    for (const lane of this.#registry.lanes) this.#queue.refresh(lane, now);
    this.#queue.settle(now);
  }

  /**
   * Counts the open runs that the store has, at first. What runs is held by nobody yet: see
   * `adopt`.
   */
  load(rows: readonly LaneRow[], now: number): void {
    for (const { lane: text, open } of rows) this.#recount(this.#registry.lane(text), open);
    this.#expectAll(rows, now);
  }

  /**
   * Counts anew what waits, from what the store has while nothing is under way here. What runs
   * there all the same was left, and counts as begun.
   */
  reload(rows: readonly LaneRow[], now: number): void {
    const found = new Map(rows.map(({ lane, open }) => [this.#registry.lane(lane), open]));
    for (const lane of this.#registry.lanes) {
      const { running } = lane.open;
      const open = found.get(lane) ?? NONE;
      const left = Math.max(0, open.running - running);
      this.#recount(lane, { ...open, running, waiting: open.waiting + left });
      this.#queue.refresh(lane, now);
    }
    this.#expectAll(rows, now);
  }

  /**
   * The same while runs are under way, any of which the store may still know in the state before:
   * counts what waits there and cannot be one of them.
   */
  reloadBusy(rows: readonly LaneRow[], now: number): void {
    for (const { lane: text, open } of rows) {
      const lane = this.#registry.lane(text);
      const { queued, waiting, running, paused } = lane.open;
      const surplus = (stored: number, known: number): number =>
        known + Math.max(0, stored - known - running);
      const [more, later] = [surplus(open.queued, queued), surplus(open.waiting, waiting)];
      this.#recount(lane, { queued: more, waiting: later, running, paused });
    }
    this.#expectAll(rows, now);
  }

  /** A run that was counted as running before anybody held it takes a slot now. */
  adopt(text: string, now: number): void {
    this.#occupy(this.#registry.lane(text).share, 1, now);
  }

  /** Nobody holds it any more, and it still counts as running. */
  forsake(text: string, now: number): void {
    this.#occupy(this.#registry.lane(text).share, -1, now);
  }

  /** Whether no run of the lane begins: its flow, or every flow, is paused. */
  isPaused(text: string): boolean {
    return this.#paused || this.#registry.findShare(flowOfLane(text))?.paused === true;
  }

  /** No run begins any more until it is resumed: of the flow, or of any. */
  pause(flow: string | null, now: number): void {
    this.#setPaused(flow, true, now);
  }

  /** Runs begin again. */
  resume(flow: string | null, now: number): void {
    this.#setPaused(flow, false, now);
    this.callFreed();
  }

  /** What is to become of one more run of the lane, which is not counted by that. */
  admit(text: string, now: number): Verdict {
    this.#queue.advance(now);
    const lane = this.#registry.lane(text);
    const verdict = this.#verdictOn(lane, now);
    // It may have been made for this question only, and no run of it may ever come to be.
    this.#registry.drop(lane, now);
    return verdict;
  }

  /** A run of the lane comes to be, leased or queued. */
  enter(text: string, state: 'running' | 'queued', now: number): void {
    const lane = this.#registry.lane(text);
    if (state === 'running') this.#started(lane, now);
    this.#shift(lane, null, state, now);
  }

  /**
   * A run of the lane changes its state; `from` is null where it is new, `to` where it has ended or
   * was never born.
   */
  move(text: string, from: OpenState | null, to: OpenState | null, now: number): void {
    const lane = this.#registry.lane(text);
    this.#shift(lane, from, to, now);
    if (to === null) this.#registry.drop(lane, now);
  }

  /** What `head` is from now on. */
  expect(text: string, state: Waiting, head: Head | null, now: number): void {
    const lane = this.#registry.find(text);
    if (lane === undefined) return;
    lane.heads[state] = head;
    this.#queue.refresh(lane, now);
    this.#queue.settle(now);
  }

  /** The first of the lane's runs in that state, as far as is known; null for none. */
  head(text: string, state: Waiting): Head | null {
    return this.#registry.find(text)?.heads[state] ?? null;
  }

  /** Tells of a run of the lane, which may come before the first one that is known. */
  hint(text: string, state: Waiting, head: Head, now: number): void {
    const known = this.#registry.lane(text).heads[state];
    if (known === null || isBefore(head, known)) this.expect(text, state, head, now);
  }

  /** Gives a free slot to whose turn it is. What comes next in that lane is to be told. */
  take(now: number): Grant | undefined {
    return this.takeExpress(now) ?? (this.#standBehind ? undefined : this.#grant(this.#pool, now));
  }

  /** The same for express runs alone. */
  takeExpress(now: number): Grant | undefined {
    return this.#grant(this.#express, now);
  }

  /** The lanes with queued runs that have waited for longer than their flows allow, each once. */
  expired(now: number): readonly { readonly lane: string; readonly queueMs: number }[] {
    return this.#queue
      .expired(now)
      .map(({ text, rules }) => ({ lane: text, queueMs: rules.queueMs ?? 0 }));
  }

  /** How many runs are open that the lane's flow does not allow at once; 0 where it has no runs. */
  excess(text: string): number {
    const limit = this.#concurrency(text);
    return limit?.limit.kind === 'running' ? limit.open - limit.limit.limit : 0;
  }

  /** The lanes whose runs count against the same `concurrency` as the lane's. */
  sharingConcurrency(text: string): readonly string[] {
    const limit = this.#concurrency(text);
    if (limit === undefined) return [];
    const sharing = [...this.#registry.lanes].filter(({ limits }) => limits.includes(limit));
    return sharing.map((lane) => lane.text);
  }

  /** Whether nothing of the flow is under way or queued: its next event finds nobody before it. */
  isIdle(flow: string): boolean {
    const share = this.#registry.findShare(flow);
    return share === undefined || (share.running === 0 && share.queued === 0);
  }

  /**
   * How many runs wait for their first slot: of the flow, and of all. The branches of a run that
   * has begun are a part of it, and wait in nobody's way.
   */
  queued(flow: string): { readonly ofFlow: number; readonly all: number } {
    return { ofFlow: this.#registry.findShare(flow)?.queuedRuns ?? 0, all: this.#queued };
  }

  /** Calls once, when a newcomer may find a slot; what it returns calls that off. */
  onFree(listener: () => void): () => void {
    this.#freed.add(listener);
    return () => this.#freed.delete(listener);
  }

  /** Tells those who wait for it where newcomers may find a slot. */
  callFreed(): void {
    if (this.#freed.size === 0 || this.free === 0 || this.waits) return;
    const listeners = [...this.#freed];
    this.#freed.clear();
    for (const listener of listeners) listener();
  }

  #grant(pool: SlotPool<FlowShare>, now: number): Grant | undefined {
    this.#queue.advance(now);
    const lane = this.#paused || pool.free === 0 ? undefined : this.#queue.next(pool, now);
    const state = lane?.claim?.state;
    if (lane === undefined || state === undefined) return undefined;
    this.#queue.serve(lane);
    if (state === 'queued') this.#started(lane, now);
    lane.heads[state] = null;
    this.#shift(lane, state, 'running', now);
    this.#queue.refresh(lane, now);
    this.#queue.settle(now);
    return { lane: lane.text, state };
  }

  #verdictOn({ limits, share, open }: LaneState, now: number): Verdict {
    for (const { refusal } of limits) if (refusal !== undefined) return refusal;
    if (this.#paused || share.paused) return 'queue';
    for (const limit of limits) {
      const ahead = limit.holder !== undefined || limit.parked.size > 0 || open.queued > 0;
      if (ahead || limit.blocks(now)) return 'queue';
    }
    const { pool } = share;
    const isBehind = pool === this.#express ? !pool.turns.isEmpty : this.waits;
    return pool.free === 0 || open.queued > 0 || isBehind ? 'wait' : 'lease';
  }

  /**
   * When the first runs of the lanes are due, as far as nothing earlier is known. Lanes that turn
   * out to have no runs any more are forgotten.
   */
  #expectAll(rows: readonly LaneRow[], now: number): void {
    for (const { lane: text, due } of rows) {
      const lane = this.#registry.lane(text);
      for (const state of ['queued', 'waiting'] as const) {
        const known = lane.heads[state]?.due ?? Number.POSITIVE_INFINITY;
        const first = due[state];
        if (first !== null && first < known) lane.heads[state] = { due: first, id: 0 };
      }
      this.#queue.refresh(lane, now);
    }
    this.#queue.settle(now);
    for (const lane of this.#registry.lanes) this.#registry.drop(lane, now);
  }

  #concurrency(text: string): LimitState | undefined {
    return this.#registry.find(text)?.limits.find(({ limit }) => limit.kind === 'running');
  }

  #setPaused(flow: string | null, paused: boolean, now: number): void {
    if (flow === null) {
      this.#paused = paused;
      return;
    }
    const share = this.#registry.share(flow);
    share.paused = paused;
    this.#queue.claimTurn(share, now);
  }

  #shift(lane: LaneState, from: OpenState | null, to: OpenState | null, now: number): void {
    this.#revision++;
    this.#count(lane, -1);
    if (from !== null) lane.open[from]--;
    if (to !== null) lane.open[to]++;
    this.#count(lane, 1);
    this.#queueUp(lane, (to === 'queued' ? 1 : 0) - (from === 'queued' ? 1 : 0));
    this.#occupy(lane.share, (to === 'running' ? 1 : 0) - (from === 'running' ? 1 : 0), now);
    const { claim } = lane;
    const isOver = claim !== undefined && lane.open[claim.state] === 0;
    // Its first run may have been told before the run itself.
    const isFirst = (to === 'queued' || to === 'waiting') && lane.open[to] === 1;
    if (isOver || isFirst) this.#queue.refresh(lane, now);
    else if (lane.limits.length === 0) return;
    this.#queue.settle(now);
  }

  #occupy(share: FlowShare, slots: number, now: number): void {
    if (slots === 0) return;
    share.pool.occupy(share, slots);
    if (share.ready.size > 0) this.#queue.claimTurn(share, now);
  }

  #started(lane: LaneState, now: number): void {
    for (const { rate } of lane.limits) rate?.start(now);
  }

  #queueUp({ text, share }: LaneState, runs: number): void {
    if (runs === 0) return;
    share.queued += runs;
    if (isBranchLane(text)) return;
    share.queuedRuns += runs;
    this.#queued += runs;
  }

  #recount(lane: LaneState, open: LaneRow['open']): void {
    this.#count(lane, -1);
    this.#queueUp(lane, open.queued - lane.open.queued);
    Object.assign(lane.open, open);
    this.#count(lane, 1);
  }

  #count(lane: LaneState, sign: 1 | -1): void {
    for (const limit of lane.limits) limit.count(lane.open, sign);
    if (sign > 0) for (const limit of lane.limits) this.#queue.unsettle(limit);
  }
}

const NONE: LaneRow['open'] = { queued: 0, running: 0, waiting: 0, paused: 0 };
