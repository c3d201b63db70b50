import { Heap } from '../std/heap.ts';
import {
  claimOf,
  type FlowShare,
  isEarlier,
  laterOf,
  type LaneState,
  LimitState,
} from './lane-state.ts';
import type { SlotPool } from './slot-pool.ts';

/**
 * The lanes that want a slot, each either ready for one, or parked at the limit that it waits for.
 *
 * Under each limit at most one lane is ready, the one whose run fell due first; when it has got its
 * slot the next one is. So a change costs the logarithm of what waits, however many wait.
 */
export class LaneQueue {
  readonly #timers = new Heap<LaneState | LimitState>((a, b) => a.at < b.at);
  readonly #expiries = new Heap<LaneState>((a, b) => a.expires < b.expires);
  /** Limits of which a lane may have become ready, or must be parked. */
  readonly #unsettled = new Set<LimitState>();

  /** When something falls due, in engine time, without anybody telling. */
  get wakeAt(): number {
    const timer = this.#timers.first?.at ?? Number.POSITIVE_INFINITY;
    return Math.min(timer, this.#expiries.first?.expires ?? Number.POSITIVE_INFINITY);
  }

  /** Time has passed: what has fallen due by now is looked at. */
  advance(now: number): void {
    for (;;) {
      const { first } = this.#timers;
      if (first === undefined || first.at > now) return;
      this.#timers.delete(first);
      if (first instanceof LimitState) this.#unsettled.add(first);
      else this.refresh(first, now);
      this.settle(now);
    }
  }

  /** The lane whose turn it is in the pool; undefined where none is ready. */
  next(pool: SlotPool<FlowShare>, now: number): LaneState | undefined {
    return pool.turns.next(now)?.ready.first;
  }

  /** The lane's flow has been given a slot. */
  serve({ share }: LaneState): void {
    share.pool.turns.serve(share);
  }

  /** Lanes with a queued run that has waited for too long, each told once until it is refreshed. */
  expired(now: number): LaneState[] {
    const lanes: LaneState[] = [];
    for (;;) {
      const { first } = this.#expiries;
      if (first === undefined || first.expires > now) return lanes;
      this.#expiries.delete(first);
      lanes.push(first);
    }
  }

  /** Finds out anew what the lane wants, and whether it may have it. Ask `settle` to follow. */
  refresh(lane: LaneState, now: number): void {
    this.remove(lane);
    lane.claim = claimOf(lane, now);
    lane.at = laterOf(lane, now);
    if (lane.at < Number.POSITIVE_INFINITY) this.#timers.put(lane);
    this.#watchExpiry(lane);
    if (lane.claim !== undefined) this.#attach(lane, now);
    this.claimTurn(lane.share, now);
  }

  /** The lane wants nothing. */
  remove(lane: LaneState): void {
    this.#detach(lane);
    this.#timers.delete(lane);
    this.#expiries.delete(lane);
    lane.claim = undefined;
  }

  /** What counts against the limit has changed. */
  unsettle(limit: LimitState): void {
    this.#unsettled.add(limit);
  }

  /** Under each limit that lets one through, the lane that is first is ready; else nobody is. */
  settle(now: number): void {
    for (const limit of this.#unsettled) {
      this.#unsettled.delete(limit);
      const lane = limit.blocks(now) ? limit.holder : firstParked(limit);
      if (lane === undefined) this.#watchRate(limit, now);
      else {
        // Looked at again behind those that this unsettles.
        this.#unsettled.add(limit);
        this.refresh(lane, now);
      }
    }
  }

  /** The flow's claims to the next slot are not what they were. */
  claimTurn(share: FlowShare, now: number): void {
    const claim = share.ready.first?.claim;
    if (claim === undefined || share.paused) return share.pool.turns.delete(share);
    share.since = claim.due;
    share.pool.turns.put(share, now);
  }

  #attach(lane: LaneState, now: number): void {
    const hasBegun = lane.claim?.state === 'waiting';
    const binding = lane.limits.filter((limit) => !hasBegun || limit.bindsBegun);
    for (const limit of binding) {
      const { holder } = limit;
      const isBehind = holder !== undefined && !isEarlier(lane, holder);
      if (isBehind || limit.blocks(now)) return this.#park(lane, limit);
      // Where order counts, nobody overtakes it either while another limit keeps it waiting.
      if (limit.limit.kind === 'open') this.#hold(lane, limit);
    }
    for (const limit of binding) this.#hold(lane, limit);
    lane.share.ready.put(lane);
  }

  #hold(lane: LaneState, limit: LimitState): void {
    if (limit.holder === lane) return;
    if (limit.holder !== undefined) this.#giveWay(limit.holder, limit);
    limit.holder = lane;
    lane.held.push(limit);
  }

  /** Another lane of the limit has an earlier run; the place in the order before it stays. */
  #giveWay(lane: LaneState, limit: LimitState): void {
    const [kept] = lane.held;
    this.#detach(lane);
    if (kept?.limit.kind === 'open' && kept !== limit) this.#hold(lane, kept);
    this.#park(lane, limit);
  }

  #park(lane: LaneState, limit: LimitState): void {
    lane.parked = limit;
    limit.parked.put(lane);
    this.#unsettled.add(limit);
  }

  #detach(lane: LaneState): void {
    lane.share.ready.delete(lane);
    lane.parked?.parked.delete(lane);
    lane.parked = undefined;
    for (const limit of lane.held) {
      limit.holder = undefined;
      this.#unsettled.add(limit);
    }
    lane.held.length = 0;
  }

  #watchRate(limit: LimitState, now: number): void {
    this.#timers.delete(limit);
    if (limit.rate === undefined || limit.parked.size === 0 || !limit.blocks(now)) return;
    limit.at = limit.rate.next;
    this.#timers.put(limit);
  }

  #watchExpiry(lane: LaneState): void {
    const { rules, heads, open } = lane;
    if (rules.queueMs === undefined || heads.queued === null || open.queued === 0) return;
    lane.expires = heads.queued.due + rules.queueMs;
    this.#expiries.put(lane);
  }
}

/** The lane that should be ready under a limit and is not. */
function firstParked({ holder, parked: { first } }: LimitState): LaneState | undefined {
  if (first === undefined || holder === undefined) return first;
  return isEarlier(first, holder) ? first : undefined;
}
