import { ABSENT, AFTER, type PatternShape } from '../flows/time-pattern.ts';
import type { Member } from './window.ts';

/** An event that an open pattern has, with the members that it fits: a bit for each place. */
export interface Held extends Member {
  readonly fits: number;
}

/** Events of one `absent` that are kept; beyond them the second one makes way. */
export const UNANSWERED_MAX = 1_000;

/** What an event makes of a pattern that holds `held`. */
export type Advance =
  /** It is no part of any match: the pattern stays as it is. */
  | { readonly kind: 'stray' }
  /** The pattern waits on: what is not held any more can be a part of no match. */
  | { readonly kind: 'holds'; readonly held: readonly Held[] }
  /** These are a match, in the order of the members; of `count` in the log's. */
  | { readonly kind: 'complete'; readonly matched: readonly Held[] }
  /** What was to stay away came. `next` is what it opens itself, where it fits `after` too. */
  | { readonly kind: 'answered'; readonly next: readonly Held[] };

/**
 * What an event makes of a pattern. Pure, and all that patterns mean: a match is complete with the
 * first event for which there is one among the events that came behind the last match; of several
 * it is the one that began last. A match takes less than `withinMs`, as the log has its time.
 */
export function advance(shape: PatternShape, held: readonly Held[], event: Held): Advance {
  if (shape.kind === 'absent') return advanceAbsent(held, event);
  const inTime = held.filter(({ received }) => received + shape.withinMs > event.received);
  const { kept, matched } = settle(shape, [...inTime, event]);
  if (matched !== undefined) return { kind: 'complete', matched };
  return kept.includes(event) ? { kind: 'holds', held: kept } : { kind: 'stray' };
}

/**
 * When the pattern is at its end, if nothing comes: no match with one of these would be in time.
 * Of `absent` it is complete then.
 */
export function dueOf({ kind, withinMs }: PatternShape, held: readonly Held[]): number {
  const opener = kind === 'absent' ? held[0] : held.findLast((each) => opens({ kind }, each.fits));
  return (opener?.received ?? 0) + withinMs;
}

/** Whether an event that fits these members begins a match where nothing is held. */
export function opens({ kind }: Pick<PatternShape, 'kind'>, fits: number): boolean {
  return kind === 'all' || kind === 'count' || isFit(fits, AFTER);
}

interface Settled {
  /** What may be a part of a match to come. */
  readonly kept: readonly Held[];
  readonly matched?: readonly Held[] | undefined;
}

function settle(shape: PatternShape, events: readonly Held[]): Settled {
  switch (shape.kind) {
    case 'sequence':
      return settleSequence(shape.count, events);
    case 'all':
      return settleAll(shape.count, events);
    default:
      return { kept: events, matched: events.length >= shape.count ? events : undefined };
  }
}

/**
 * For each length the beginning of a match that begins last: who takes the newest can only gain,
 * since it is in time the longest.
 */
function settleSequence(length: number, events: readonly Held[]): Settled {
  const begun: Held[][] = [];
  for (const event of events) {
    for (let place = length - 1; place >= 0; place--) {
      const before = place === 0 ? [] : begun[place - 1];
      if (before !== undefined && isFit(event.fits, place)) begun[place] = [...before, event];
    }
  }
  const matched = begun[length - 1];
  const used = new Set(begun.flat());
  return { kept: events.filter((event) => used.has(event)), matched };
}

/**
 * As many of the newest for each member as there are members: a match that has an older one could
 * have one of these in its place.
 */
function settleAll(count: number, events: readonly Held[]): Settled {
  const newest = Array.from({ length: count }, (_, place) =>
    events.filter(({ fits }) => isFit(fits, place)).slice(-count),
  );
  const used = new Set(newest.flat());
  const kept = events.filter((event) => used.has(event));
  const matched = assign(newest.map((each) => each.toReversed()));
  return { kept, matched };
}

/** An event of its own for each member; undefined where there are not enough (Kuhn's algorithm). */
function assign(candidates: readonly (readonly Held[])[]): readonly Held[] | undefined {
  const takenBy = new Map<Held, number>();
  const seat = (place: number, tried: Set<Held>): boolean =>
    (candidates[place] ?? []).some((event) => {
      if (tried.has(event)) return false;
      tried.add(event);
      const holder = takenBy.get(event);
      if (holder !== undefined && !seat(holder, tried)) return false;
      takenBy.set(event, place);
      return true;
    });
  if (!candidates.every((_, place) => seat(place, new Set()))) return undefined;
  const seated = [...takenBy].toSorted(([, a], [, b]) => a - b);
  return seated.map(([event]) => event);
}

/** The first one's time counts: later ones join it, and what comes in time answers all of them. */
function advanceAbsent(held: readonly Held[], event: Held): Advance {
  const next = isFit(event.fits, AFTER) ? [event] : [];
  if (isFit(event.fits, ABSENT) && held.length > 0) return { kind: 'answered', next };
  if (next.length === 0) return { kind: 'stray' };
  const [first, ...later] = [...held, ...next];
  const kept = first === undefined ? [] : [first, ...later.slice(1 - UNANSWERED_MAX)];
  return { kind: 'holds', held: kept };
}

/** Whether these members include the one at a place. */
export function isFit(fits: number, place: number): boolean {
  return (fits & (1 << place)) !== 0;
}
