import type { Occurrences } from './occurrences.ts';

/** What is done with occurrences that passed while nobody listened: none, the last, or each. */
export type CatchUp = (typeof CATCH_UPS)[number];
export const CATCH_UPS = ['skip', 'last', 'all'] as const;

/** The rules of one schedule, as its plan needs them. */
export interface Rules {
  readonly occurrences: Occurrences;
  readonly catchUp: CatchUp;
  /** How old an occurrence may be and still be caught up with. */
  readonly windowMs: number;
  /** How long after its nominal time an occurrence is due: less than the time to the next. */
  readonly delayOf: (nominal: number) => number;
}

/** Where a schedule stands. */
export interface Standing {
  /** The high-water mark: the last nominal time that is dealt with, or when it first began. */
  readonly mark: number;
  readonly now: number;
  /** Whether somebody waited for the time to come, so that what is due now is on time. */
  readonly listening: boolean;
}

/** What a schedule does now. */
export interface Plan {
  /** What is passed over: the occurrences after the mark that come before those that fire. */
  readonly missed?: Missed;
  /** The nominal times to fire, the oldest first. */
  readonly fires: readonly number[];
  /** When to look again; undefined where the schedule never comes any more. */
  readonly wakeAt: number | undefined;
}

/** Occurrences that were passed over. */
export interface Missed {
  /** How many; where more than can be counted were, `MISSED_MAX` of them. */
  readonly count: number;
  /** The latest of them, the oldest first: at most `LISTED_MAX`. */
  readonly times: readonly number[];
}

/** The most occurrences that `catch_up: all` fires at once; older ones are passed over. */
export const CATCH_UP_MAX = 1_000;
/** The most occurrences that are counted back, each of which costs a twentieth of a millisecond. */
export const MISSED_MAX = 10_000;
/** The most missed times that are listed, beside their number. */
export const LISTED_MAX = 100;
/** How late an occurrence may be that somebody waited for, and still be no missed one. */
export const ON_TIME_MS = 60_000;

/**
 * Decides what a schedule does now.
 *
 * What is at or before the mark never fires again, wherever the clock has been set. What passed
 * while nobody listened, or while the clock was set forward over it, follows the policy.
 */
export function planSchedule(rules: Rules, standing: Standing): Plan {
  const due = dueOf(rules, standing);
  const fires = due.slice(0, firedOf(due, rules, standing)).toReversed();
  const passed = due.slice(fires.length);
  return {
    ...(passed.length > 0 && { missed: missedOf(passed) }),
    fires,
    wakeAt: wakeOf(rules, Math.max(standing.mark, due[0] ?? standing.mark)),
  };
}

/** What is due after the mark, the latest first. */
function dueOf({ occurrences, delayOf }: Rules, { mark, now }: Standing): number[] {
  const due: number[] = [];
  let last = occurrences.upTo(now);
  // Only the latest can be held back: its delay ends before the next one comes.
  if (last !== undefined && last + delayOf(last) > now) last = occurrences.upTo(last - 1);
  while (last !== undefined && last > mark && due.length < MISSED_MAX) {
    due.push(last);
    last = occurrences.upTo(last - 1);
  }
  return due;
}

/** How many of those due fire, counted from the latest. */
function firedOf(due: readonly number[], rules: Rules, { now, listening }: Standing): number {
  const [latest] = due;
  if (latest === undefined) return 0;
  const onTime = listening && now - rules.delayOf(latest) - latest <= ON_TIME_MS;
  const oldest = now - rules.windowMs;
  switch (rules.catchUp) {
    case 'skip':
      return onTime ? 1 : 0;
    case 'last':
      return onTime || latest >= oldest ? 1 : 0;
    case 'all': {
      const inside = due.slice(0, CATCH_UP_MAX).filter((nominal) => nominal >= oldest);
      return Math.max(inside.length, onTime ? 1 : 0);
    }
  }
}

function missedOf(passed: readonly number[]): Missed {
  return { count: passed.length, times: passed.slice(0, LISTED_MAX).toReversed() };
}

function wakeOf({ occurrences, delayOf }: Rules, mark: number): number | undefined {
  const next = occurrences.after(mark);
  return next === undefined ? undefined : next + delayOf(next);
}
