import { Heap } from '../std/heap.ts';
import type { OpenState } from '../store/contract.ts';
import type { LaneRules, Limit } from './lane.ts';
import { Rate } from './rate.ts';
import type { SlotPool } from './slot-pool.ts';
import type { Share } from './turns.ts';

/** A run that waits: when it fell due, in engine time, and its id. */
export interface Head {
  readonly due: number;
  readonly id: number;
}

/** The states of a run that may be granted a slot. */
export type Waiting = 'queued' | 'waiting';

/** What is known of one lane. */
export interface LaneState {
  readonly text: string;
  readonly share: FlowShare;
  rules: LaneRules;
  limits: readonly LimitState[];
  /** Its open runs by state. */
  readonly open: Record<OpenState, number>;
  /** The first of its runs that are queued, and of those that wait; null where none is known. */
  readonly heads: Record<Waiting, Head | null>;
  /** What it wants a slot for, where it wants one. */
  claim: Claim | undefined;
  /** The limit that it waits for. */
  parked: LimitState | undefined;
  /** The limits under which it is the next. */
  readonly held: LimitState[];
  /** When it is looked at again. */
  at: number;
  /** When the first of its queued runs has waited too long. */
  expires: number;
}

/** A flow's share together with the lanes whose next run may begin at once. */
export interface FlowShare extends Share {
  readonly ready: Heap<LaneState>;
  /** Its runs that are queued. */
  queuedRuns: number;
  /** These, and the branches of forks that are. */
  queued: number;
  paused: boolean;
  /** Where its runs get their slots. */
  pool: SlotPool<FlowShare>;
}

/** The run that a lane wants a slot for. */
export interface Claim extends Head {
  readonly state: Waiting;
}

/** A limit at work: what counts against it, and who waits for it. */
export class LimitState {
  readonly limit: Limit;
  readonly rate: Rate | undefined;
  /** Runs of its lanes that hold a slot, that have begun and are open, and that are open. */
  running = 0;
  begun = 0;
  open = 0;
  /** Lanes that keep it. */
  lanes = 0;
  /** The one lane of it that may be granted a slot next. */
  holder: LaneState | undefined;
  readonly parked = new Heap<LaneState>(isEarlier);
  /** When it is looked at again. */
  at = 0;
  /** When nothing is lost with it any more. */
  forgetAt = 0;

  /** Starts before `since` are not known, except to a rate that goes on. */
  constructor(limit: Limit, since: number, goesOn?: Rate) {
    this.limit = limit;
    if (limit.kind === 'rate') this.rate = goesOn?.hasRule(limit) ? goesOn : new Rate(limit, since);
  }

  /** Counts the open runs of one of its lanes, or no longer. */
  count({ queued, running, waiting, paused }: LaneState['open'], sign: 1 | -1): void {
    const begun = running + waiting + paused;
    this.running += sign * running;
    this.begun += sign * begun;
    this.open += sign * (begun + queued);
  }

  /** Whether it keeps the next run from beginning. */
  blocks(now: number): boolean {
    switch (this.limit.kind) {
      case 'running':
        return this.running >= this.limit.limit;
      case 'open':
        return this.begun > 0;
      case 'rate':
        this.rate?.advance(now);
        return (this.rate?.next ?? 0) > now;
    }
  }

  /** What is done with one more event, where its open runs are as many as may be. */
  get refusal(): 'replace' | 'drop' | 'error' | undefined {
    if (this.limit.kind !== 'running' || this.open < this.limit.limit) return undefined;
    return this.limit.onFull === 'queue' ? undefined : this.limit.onFull;
  }

  /** Whether it binds a run that has begun before. */
  get bindsBegun(): boolean {
    return this.limit.kind === 'running';
  }
}

/** Whether what one lane wants a slot for comes before what the other does. */
export function isEarlier(a: LaneState, b: LaneState): boolean {
  const [one, other] = [a.claim, b.claim];
  if (one === undefined || other === undefined) return one !== undefined;
  return isBefore(one, other);
}

/** Whether one run comes before the other: who fell due first, then who is older. */
export function isBefore(one: Head, other: Head): boolean {
  return one.due === other.due ? one.id < other.id : one.due < other.due;
}

/** What the lane wants a slot for now: a run that has begun goes before one that has not. */
export function claimOf(lane: LaneState, now: number): Claim | undefined {
  for (const state of ['waiting', 'queued'] as const) {
    const head = lane.heads[state];
    if (head !== null && head.due <= now && lane.open[state] > 0) return { ...head, state };
  }
  return undefined;
}

/** When the lane wants something that it does not want yet. */
export function laterOf({ heads, open }: LaneState, now: number): number {
  let later = Number.POSITIVE_INFINITY;
  for (const state of ['waiting', 'queued'] as const) {
    const due = heads[state]?.due ?? 0;
    if (due > now && due < later && open[state] > 0) later = due;
  }
  return later;
}
