import { type Event, OWN_SOURCE } from '../events/event.ts';
import { isOwnType } from '../events/own-types.ts';
import { matches, matchesText } from '../events/pattern.ts';
import { noSuchFlow } from '../flows/catalog.ts';
import type { Flow, Gather, Trigger } from '../flows/flow.ts';
import { eventScope, type Scope } from '../flows/scope.ts';
import type { PatternPlace, TimePattern } from '../flows/time-pattern.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { awaitedTypes } from '../runs/awaiting.ts';
import type { Filtered } from './hook-verdict.ts';
import { ownActorRule, ownActorsOf } from './own-actors.ts';
import { patternKey } from './pattern-key.ts';
import { windowKey } from './window.ts';

/** How long a chain of causes may be before it is taken for a loop. */
export const HOPS_MAX = 32;

/**
 * The place in its chain of the dead letter of an event, or of its drop. One about a dead letter or
 * a drop lies beyond the longest chain, where no flow hears of it: else a flow that cannot take
 * dead letters would make more of them without end.
 */
export function letterHops(event: { readonly type: string; readonly hops: number }): number {
  return UNTAKEN.has(event.type) ? HOPS_MAX + 1 : event.hops + 1;
}

/** What we record of events that flows do not take. */
const UNTAKEN: ReadonlySet<string> = new Set(['event.dead_lettered', 'event.dropped']);

/** What an event means to one flow whose pattern it fits. */
export type Match =
  | { readonly kind: 'start'; readonly flow: Flow }
  /** The flow takes such events together, with those that have the same key. */
  | {
      readonly kind: 'gathered';
      readonly flow: Flow;
      readonly gather: Gather;
      readonly key: string;
    }
  /** The flow takes it as a part of a pattern over time, if one waits for it. */
  | {
      readonly kind: 'held';
      readonly flow: Flow;
      readonly pattern: TimePattern;
      /** The window's, and what of it the user's expression says. */
      readonly key: string;
      /** The members that it fits: a bit for each place. */
      readonly fits: number;
    }
  /** Every condition said no; or a hook did, or our own actor brought the event about. */
  | {
      readonly kind: 'filtered';
      readonly flow: Pick<Flow, 'name'>;
      readonly where: string;
      readonly by?: Filtered;
      readonly rule?: 'own actor';
    }
  /** A condition has no value for this event, the chain is too long, or there is no such flow. */
  | {
      readonly kind: 'dead';
      readonly flow: Pick<Flow, 'name'>;
      readonly code: string;
      readonly reason: string;
    };

/** The part of an event that patterns look at, and the whole for conditions, made on demand. */
export interface Arrival {
  readonly type: string;
  readonly source: string;
  readonly subject: string | undefined;
  readonly hops: number;
  /** The flow that the event starts by its name, whatever its triggers say. */
  readonly named?: string | undefined;
  /** Where that flow has an event again: the event that it was. */
  again?(): Event;
  /** Its actor where that is one of our own and the event comes from outside. */
  ownActor?(): string | undefined;
  event(): Event;
}

/** One trigger of a flow. */
export interface Entry {
  readonly flow: Flow;
  readonly trigger: Trigger;
}

/** The entries under one type or prefix: those that name a source exactly, and the others. */
interface Bucket {
  readonly bySource: Map<string, Entry[]>;
  readonly others: Entry[];
}

/**
 * The triggers of a catalog by type and source, so that an event meets only those that may fit:
 * what ten thousand flows cost is what the few cost that listen to its type.
 */
export class FlowIndex {
  readonly #flows = new Map<string, Flow>();
  readonly #exact = new Map<string, Bucket>();
  readonly #prefixes = new Map<string, Bucket>();
  readonly #prefixLengths: number[];
  /** Types of events that steps wait for. */
  readonly #awaited: ReadonlySet<string>;
  /** The actors that are our own. */
  readonly ownActors: ReadonlySet<string>;

  constructor(flows: Iterable<Flow>, ownActors: readonly string[] = []) {
    this.ownActors = ownActorsOf(ownActors);
    const awaited = new Set<string>();
    this.#awaited = awaited;
    for (const flow of flows) {
      this.#flows.set(flow.name, flow);
      for (const type of awaitedTypes(flow)) awaited.add(type);
      for (const trigger of flow.triggers) this.#add({ flow, trigger });
    }
    this.#prefixLengths = [...new Set([...this.#prefixes.keys()].map(({ length }) => length))];
  }

  /**
   * Whether any pattern may fit an event of this type: false for most of what we record ourselves.
   */
  mayMatch(type: string): boolean {
    return this.#exact.has(type) || this.#prefixBuckets(type).length > 0;
  }

  /** Whether a step of a flow may wait for an event of this type. */
  mayBeAwaited(type: string): boolean {
    return this.#awaited.has(type);
  }

  /**
   * What the event means to the flow that it names and to each that listens to it, once a flow: the
   * flow takes it where any of its triggers says so, and it is dead where none does and one cannot
   * tell. Never throws.
   */
  match(arrival: Arrival): Match[] {
    if (arrival.hops > HOPS_MAX) return [];
    const byFlow = new Map<Match['flow'], Match>();
    const named = arrival.named === undefined ? undefined : this.#start(arrival.named, arrival);
    if (named !== undefined) byFlow.set(named.flow, named);
    for (const { flow, trigger } of this.#candidates(arrival)) {
      const before = byFlow.get(flow);
      const isTaken = before !== undefined && takes(before);
      if (isTaken && (trigger.over === undefined || before === named)) continue;
      const match = decide(flow, trigger, arrival);
      if (before === undefined || takes(match)) byFlow.set(flow, joinedWith(before, match));
      else if (before.kind === 'filtered') byFlow.set(flow, match);
    }
    return [...byFlow.values()];
  }

  /** The flows that the event names or that listen to it, whatever their conditions say of it. */
  listeners(arrival: Omit<Arrival, 'event'>): Flow[] {
    const named = arrival.named === undefined ? undefined : this.#flows.get(arrival.named);
    const listening = this.#candidates(arrival).map(({ flow }) => flow);
    return named === undefined ? listening : [named, ...listening];
  }

  #start(name: string, arrival: Arrival): Match {
    const flow = this.#flows.get(name);
    if (flow !== undefined) return tooLong(flow, arrival) ?? takenByName(flow, arrival);
    const reason = noSuchFlow(name, this.#flows.keys());
    return { kind: 'dead', flow: { name }, code: 'flow.unknown', reason };
  }

  /** Written as loops: this is asked of every event, and most meet one bucket with one entry. */
  #candidates(arrival: Omit<Arrival, 'event'>): Entry[] {
    const buckets = this.#prefixBuckets(arrival.type);
    const exact = this.#exact.get(arrival.type);
    if (exact !== undefined) buckets.push(exact);
    const found: Entry[] = [];
    for (const { bySource, others } of buckets) {
      for (const entry of bySource.get(arrival.source) ?? []) {
        if (fitsSubject(entry, arrival)) found.push(entry);
      }
      for (const entry of others) {
        if (fitsSource(entry, arrival) && fitsSubject(entry, arrival)) found.push(entry);
      }
    }
    return found;
  }

  #prefixBuckets(type: string): Bucket[] {
    const buckets: Bucket[] = [];
    for (const length of this.#prefixLengths) {
      // "*" stands for every type but ours: else each run would start runs about itself.
      if (length > type.length || (length === 0 && isOwnType(type))) continue;
      const bucket = this.#prefixes.get(type.slice(0, length));
      if (bucket !== undefined) buckets.push(bucket);
    }
    return buckets;
  }

  #add(entry: Entry): void {
    const { event, source } = entry.trigger.pattern;
    const prefix = event.endsWith('*');
    const bucket = bucketOf(
      prefix ? this.#prefixes : this.#exact,
      prefix ? event.slice(0, -1) : event,
    );
    if (source === undefined || source.endsWith('*')) bucket.others.push(entry);
    else {
      const entries = bucket.bySource.get(source);
      if (entries === undefined) bucket.bySource.set(source, [entry]);
      else entries.push(entry);
    }
  }
}

/** Whether the trigger's pattern takes the event's source. */
export function fitsSource(
  { trigger: { pattern } }: Pick<Entry, 'trigger'>,
  { source }: Pick<Arrival, 'source'>,
): boolean {
  return pattern.source === undefined || matchesText(pattern.source, source);
}

/** Whether it takes the subject; an event without one has an empty one. */
export function fitsSubject(
  { trigger: { pattern } }: Pick<Entry, 'trigger'>,
  { subject }: Pick<Arrival, 'subject'>,
): boolean {
  return pattern.subject === undefined || matchesText(pattern.subject, subject ?? '');
}

function bucketOf(buckets: Map<string, Bucket>, key: string): Bucket {
  let bucket = buckets.get(key);
  if (bucket === undefined) {
    bucket = { bySource: new Map(), others: [] };
    buckets.set(key, bucket);
  }
  return bucket;
}

/** What an event whose attributes fit means to a flow, by this trigger alone. Never throws. */
export function decide(flow: Flow, trigger: Trigger, arrival: Arrival): Match {
  const dead = tooLong(flow, arrival);
  if (dead !== undefined) return dead;
  const actor = trigger.own === true ? undefined : arrival.ownActor?.();
  if (actor !== undefined)
    return { kind: 'filtered', flow, where: ownActorRule(actor), rule: 'own actor' };
  if (trigger.where === undefined) return taken(flow, trigger, arrival);
  try {
    if (trigger.where.test(scopeOf(arrival))) return taken(flow, trigger, arrival);
    return { kind: 'filtered', flow, where: trigger.where.text };
  } catch (error) {
    const code = error instanceof SignalboxError ? error.code : 'expression.failed';
    return { kind: 'dead', flow, code, reason: messageOf(error) };
  }
}

/** An event may be several members of its flow's pattern, which goes before what starts at once. */
function joinedWith(before: Match | undefined, match: Match): Match {
  if (before?.kind !== 'held' || match.kind !== 'held') return match;
  return { ...before, fits: before.fits | match.fits };
}

/** What an event means to a flow that wants it. */
function taken(flow: Flow, trigger: Trigger | undefined, arrival: Arrival): Match {
  if (trigger?.over !== undefined) return heldBy(flow, trigger.over, arrival);
  const gather = trigger?.gather ?? flow.gather;
  if (gather === undefined) return { kind: 'start', flow };
  const found = windowKey(gather, scopeOf(arrival));
  if (found.kind === 'key') {
    const key = trigger?.gather === undefined ? found.key : keyWithin(trigger, found.key);
    return { kind: 'gathered', flow, gather, key };
  }
  return { kind: 'dead', flow, code: 'expression.failed', reason: found.reason };
}

function heldBy(flow: Flow, { pattern, place }: PatternPlace, arrival: Arrival): Match {
  const found = windowKey(pattern, scopeOf(arrival));
  if (found.kind === 'none') {
    return { kind: 'dead', flow, code: 'expression.failed', reason: found.reason };
  }
  const key = patternKey(pattern, found.key);
  return { kind: 'held', flow, pattern, key, fits: 1 << place };
}

/** The key of a window of one source: windows of several never mix. */
function keyWithin({ pattern }: Trigger, key: string): string {
  return JSON.stringify([pattern.source ?? '', key]);
}

/**
 * An event that a flow has again goes where it went, into a window. What is begun by hand begins,
 * and so does a window that the flow has again.
 */
function takenByName(flow: Flow, arrival: Arrival): Match {
  const isGathering =
    flow.gather !== undefined ||
    flow.triggers.some(({ gather, over }) => gather !== undefined || over !== undefined);
  const event = isGathering ? arrival.again?.() : undefined;
  if (event === undefined || event.type === 'window.closed') return { kind: 'start', flow };
  if (flow.triggers.some(({ over }) => over !== undefined)) return heldAgain(flow, event, arrival);
  const trigger = flow.triggers.find(
    (each) => each.gather !== undefined && fitsSource({ trigger: each }, event),
  );
  return taken(flow, trigger, { ...arrival, event: () => event });
}

/** What a pattern makes of an event that its flow has again. A match that it has again is one. */
function heldAgain(flow: Flow, event: Event, arrival: Arrival): Match {
  if (event.events !== undefined) return { kind: 'start', flow };
  const again = { ...arrival, ownActor: () => undefined, event: () => event };
  let found: Match | undefined;
  for (const trigger of flow.triggers) {
    if (!matches(trigger.pattern, event)) continue;
    const match = decide(flow, trigger, again);
    if (found === undefined || takes(match)) found = joinedWith(found, match);
  }
  return found ?? { kind: 'filtered', flow, where: 'the pattern has no such member' };
}

/** Whether the flow has the event, at once or with others. */
export function takes({ kind }: Match): boolean {
  return kind === 'start' || kind === 'gathered' || kind === 'held';
}

function scopeOf(arrival: Pick<Arrival, 'event'>): Scope {
  return { get: (name) => eventScope(arrival.event()).get(name) };
}

function tooLong(flow: Flow, { hops }: Arrival): Match | undefined {
  if (hops < HOPS_MAX) return undefined;
  const reason = `The chain of causes is ${hops} long, which is taken for a loop.`;
  return { kind: 'dead', flow, code: 'chain.too_long', reason };
}

/** The source by which a record of ours is matched. */
export function sourceOf(record: { readonly source: string | null }): string {
  return record.source ?? OWN_SOURCE;
}
