import type { Flow, QueueOverflow } from '../flows/flow.ts';
import type { DiskSpace } from '../std/free-space.ts';

/** How much may wait, as the settings say it. */
export interface OverflowRules {
  readonly limit: number;
  readonly overflow: QueueOverflow;
}

/** What waits, as far as is known, and what room there is for more. */
export interface Load {
  /** Records that wait for their commit or for the router, and runs that wait for a slot. */
  readonly depth: number;
  /** How long the oldest record has waited for the router while we were there to route it. */
  readonly oldestMs: number;
  /** Of the disk; undefined where the system does not say. */
  readonly space: DiskSpace | undefined;
}

/** Runs that wait for a slot. */
export interface QueuedRuns {
  readonly all: number;
  readonly ofFlow: number;
}

/** Why an event from outside is not recorded. */
export type Overload = 'disk_full' | 'queue_stalled' | 'queue_full' | 'source_full';

/** When to come again at the earliest, in milliseconds. */
export const RETRY_MS: Readonly<Record<Overload, number>> = {
  disk_full: 5_000,
  queue_stalled: 30_000,
  queue_full: 1_000,
  source_full: 1_000,
};
/** How long an event may wait for the router before newcomers are refused, in milliseconds. */
export const STALLED_MS = 3_600_000;
/** A disk with less free space than both of these takes no events in. */
const FREE_BYTES_MIN = 64 * 1_048_576;
const FREE_PART_MIN = 0.05;

/**
 * Why an event from outside is refused now; undefined where there is room. The log takes whatever
 * the disk holds, so that only `error` refuses an event for the length of the queue.
 */
export function overload(
  { depth, oldestMs, space }: Load,
  { limit, overflow }: OverflowRules,
): Overload | undefined {
  if (space !== undefined && isLow(space)) return 'disk_full';
  if (oldestMs >= STALLED_MS) return 'queue_stalled';
  return overflow === 'error' && depth >= limit ? 'queue_full' : undefined;
}

/** Whether the last of the disk is left to what is under way. */
function isLow({ free, all }: DiskSpace): boolean {
  return free < Math.min(FREE_BYTES_MIN, all * FREE_PART_MIN);
}

/** What becomes of a start for which there is no slot and no room in the queue, and why. */
export interface Overflowing {
  readonly overflow: 'error' | 'drop';
  /** A sentence. */
  readonly reason: string;
}

/** Whether it matters for a flow's starts how many runs wait. */
function asksQueue({ queue }: Flow, rules: OverflowRules): boolean {
  const overflow = queue?.overflow ?? rules.overflow;
  // What "error" means for flows that say nothing of their own is said at the door.
  return overflow === 'drop' || (overflow === 'error' && queue !== undefined);
}

/**
 * What becomes of a start that finds no slot, where it is not queued. A flow that says something of
 * its queue answers for its own runs, for all others the runs of all flows count.
 */
export function startOverflow(
  flow: Flow,
  queued: () => QueuedRuns,
  rules: OverflowRules,
): Overflowing | undefined {
  if (!asksQueue(flow, rules)) return undefined;
  const { limit = rules.limit, overflow = rules.overflow } = flow.queue ?? {};
  const { all, ofFlow } = queued();
  const waits = flow.queue === undefined ? all : ofFlow;
  if (overflow === 'queue' || waits < limit) return undefined;
  const whose = flow.queue === undefined ? '' : ` of flow "${flow.name}"`;
  return { overflow, reason: `As many runs wait: "queue_limit"${whose} is ${limit}.` };
}
