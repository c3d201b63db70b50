import { flowOfLane } from '../runs/lane.ts';
import type { LaneRow } from '../store/contract.ts';

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
    if (open.queued === 0) continue;
    const flow = flowOfLane(lane);
    const { depth = 0, age_ms = 0 } = flows.get(flow) ?? {};
    const age = Math.max(age_ms, now - (due.queued ?? now));
    flows.set(flow, { flow, depth: depth + open.queued, age_ms: age });
  }
  return [...flows.values()].toSorted((a, b) => b.age_ms - a.age_ms);
}
