import type { Flow } from '../flows/flow.ts';
import { Heap } from '../std/heap.ts';
import { flowOfLane, type Limit, rulesOf } from './lane.ts';
import { type FlowShare, isEarlier, type LaneState, LimitState } from './lane-state.ts';
import type { SlotPool } from './slot-pool.ts';

/** Where the runs of a flow get their slots; undefined for a flow that is not in force. */
export type PoolOf = (flow: Flow | undefined) => SlotPool<FlowShare>;

/**
 * The lanes, limits and flows that are known, each made when it is first asked for. Lanes by key,
 * and their limits, are as many as there are keys: they are kept only while they have runs.
 */
export class LaneRegistry {
  #since: number;
  /** Limits that no lane keeps any more and that know of starts, by when they may be forgotten. */
  readonly #fading = new Heap<LimitState>((a, b) => a.forgetAt < b.forgetAt);
  readonly #lanes = new Map<string, LaneState>();
  readonly #limits = new Map<string, LimitState>();
  readonly #shares = new Map<string, FlowShare>();
  #flows: ReadonlyMap<string, Flow> = new Map();

  readonly #poolOf: PoolOf;

  /** What began before `since`, in engine time, is not known to rates. */
  constructor(since: number, poolOf: PoolOf) {
    this.#since = since;
    this.#poolOf = poolOf;
  }

  get lanes(): Iterable<LaneState> {
    return this.#lanes.values();
  }

  get shares(): Iterable<FlowShare> {
    return this.#shares.values();
  }

  /** The lane, as the flows in force bind it. */
  lane(text: string): LaneState {
    return this.#lanes.get(text) ?? this.#make(text);
  }

  find(text: string): LaneState | undefined {
    return this.#lanes.get(text);
  }

  share(flow: string): FlowShare {
    let share = this.#shares.get(flow);
    if (share === undefined) {
      const { priority = 0, project = '' } = this.#flows.get(flow) ?? {};
      const turn = { flow, project, priority, running: 0, served: 0, since: 0, level: 0 };
      const pool = this.#poolOf(this.#flows.get(flow));
      const waiting = { ready: new Heap(isEarlier), queued: 0, queuedRuns: 0 };
      share = { ...turn, ...waiting, paused: false, pool };
      this.#shares.set(flow, share);
    }
    return share;
  }

  findShare(flow: string): FlowShare | undefined {
    return this.#shares.get(flow);
  }

  /**
   * Binds every lane by these flows, whose limits count nothing yet. Rates go on where they stay as
   * they are; of what else began before `now` they know nothing.
   */
  useFlows(flows: ReadonlyMap<string, Flow>, now: number): void {
    this.#flows = flows;
    this.#since = now;
    const before = new Map(this.#limits);
    this.#limits.clear();
    this.#fading.clear();
    for (const lane of this.#lanes.values()) this.#bind(lane, before);
    for (const share of this.#shares.values()) {
      const flow = flows.get(share.flow);
      share.priority = flow?.priority ?? 0;
      // Its runs keep the slots that they hold, and count where the next ones will be given.
      share.pool.part(share);
      share.project = flow?.project ?? '';
      share.pool = this.#poolOf(flow);
      share.pool.join(share);
    }
  }

  /** Forgets a lane that has no runs, unless its flow's other runs will want it again. */
  drop(lane: LaneState, now: number): boolean {
    const { text, share, limits, open } = lane;
    if (open.queued + open.running + open.waiting + open.paused > 0 || text === share.flow)
      return false;
    this.#lanes.delete(text);
    for (const limit of limits) this.#release(limit);
    this.#forget(now);
    return true;
  }

  #release(limit: LimitState): void {
    limit.lanes--;
    if (limit.lanes > 0) return;
    const { rate } = limit;
    limit.forgetAt = rate === undefined || rate.isNew(this.#since) ? 0 : rate.forgotten;
    this.#fading.put(limit);
  }

  #forget(now: number): void {
    for (;;) {
      const { first } = this.#fading;
      if (first === undefined || first.forgetAt > now) return;
      this.#fading.delete(first);
      this.#limits.delete(first.limit.name);
    }
  }

  #make(text: string): LaneState {
    const lane: LaneState = {
      text,
      share: this.share(flowOfLane(text)),
      rules: { priority: 0, queueMs: undefined, limits: [] },
      limits: [],
      open: { queued: 0, running: 0, waiting: 0, paused: 0 },
      heads: { queued: null, waiting: null },
      claim: undefined,
      parked: undefined,
      held: [],
      at: Number.POSITIVE_INFINITY,
      expires: Number.POSITIVE_INFINITY,
    };
    this.#bind(lane);
    this.#lanes.set(text, lane);
    return lane;
  }

  #bind(lane: LaneState, before?: ReadonlyMap<string, LimitState>): void {
    lane.rules = rulesOf(lane.text, this.#flows.get(lane.share.flow));
    lane.limits = lane.rules.limits.map((limit) => this.#limit(limit, before));
    for (const limit of lane.limits) limit.lanes++;
  }

  #limit(rule: Limit, before?: ReadonlyMap<string, LimitState>): LimitState {
    let limit = this.#limits.get(rule.name);
    if (limit === undefined) {
      limit = new LimitState(rule, this.#since, before?.get(rule.name)?.rate);
      this.#limits.set(rule.name, limit);
    } else this.#fading.delete(limit);
    return limit;
  }
}
