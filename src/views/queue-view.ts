import { flowOfLane } from '../runs/lane.ts';
import { isBranchLane } from '../runs/lane-names.ts';
import type { LaneRow, OpenRuns } from '../store/contract.ts';

/** What waits for its first slot in one flow. */
export interface QueueView {
  readonly flow: string;
  /** How many runs. */
  readonly depth: number;
  /** For how long the oldest of them. */
  readonly age_ms: number;
}

/** The flows with queued runs at `now`, the one that waits longest first. */
export function viewQueue(lanes: readonly LaneRow[], now: number): readonly QueueView[] {
  const flows = new Map<string, QueueView>();
  for (const { lane, open, due } of lanes) {
    if (open.queued === 0 || isBranchLane(lane)) continue;
    const flow = flowOfLane(lane);
    const { depth = 0, age_ms = 0 } = flows.get(flow) ?? {};
    const age = Math.max(age_ms, now - (due.queued ?? now));
    flows.set(flow, { flow, depth: depth + open.queued, age_ms: age });
  }
  return [...flows.values()].toSorted((a, b) => b.age_ms - a.age_ms);
}

/** How many runs are open, by state. Their branches are a part of them, and do not count. */
export function countOpen(lanes: readonly LaneRow[]): OpenRuns {
  const sum = { queued: 0, running: 0, waiting: 0, paused: 0 };
  for (const { lane, open } of lanes) {
    if (isBranchLane(lane)) continue;
    sum.queued += open.queued;
    sum.running += open.running;
    sum.waiting += open.waiting;
    sum.paused += open.paused;
  }
  return sum;
}
