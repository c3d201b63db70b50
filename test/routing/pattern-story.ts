import {
  ABSENT,
  AFTER,
  type PatternKind,
  type PatternShape,
} from '../../src/flows/time-pattern.ts';
import { isFit, opens } from '../../src/routing/pattern.ts';
import { endsOf, type PatternEnd } from '../../src/routing/pattern-window.ts';
import { decodeWindow, seqsOf } from '../../src/routing/window.ts';
import { type Stage, Windows, windowWrites } from '../../src/routing/windows.ts';
import { seededRandom } from '../../src/std/random.ts';
import type { WindowRow, WindowWrite } from '../../src/store/contract.ts';

/** An event that a pattern is shown. */
export interface Shown {
  readonly seq: number;
  readonly received: number;
  readonly key: string;
  readonly fits: number;
}

/** A match, by the seqs of its events, in the order of the members. */
export interface Found {
  readonly key: string;
  readonly events: readonly number[];
}

const KINDS: readonly PatternKind[] = ['sequence', 'all', 'count', 'absent'];
const KEYS = ['a', 'b'];
const EVENTS = 40;
/** Few, so that events often come just when a time is up. */
const WITHIN_MAX = 12;

/** What breaks a router, to show that the stories would tell. */
export type Mutant = 'forgets to put back' | 'loses the rows' | 'closes late' | 'keeps the first';

interface Plan {
  readonly stage: Stage;
  readonly to: number;
  readonly writes: readonly WindowWrite[];
  readonly ends: readonly PatternEnd[];
}

/**
 * One pattern, its events, and a router that shows them to it while commits are lost and daemons
 * die.
 */
export class PatternStory {
  readonly shape: PatternShape;
  readonly log: readonly Shown[];
  readonly ends: PatternEnd[] = [];
  readonly rows = new Map<string, WindowRow>();
  readonly #random: () => number;
  readonly #mutant: Mutant | undefined;
  #checkpoint = 0;
  #windows = new Windows();
  #planned = 0;
  #underWay: Plan[] = [];

  constructor(seed: number, mutant?: Mutant) {
    this.#random = seededRandom(seed);
    this.#mutant = mutant;
    this.shape = this.#makeShape(seed);
    this.log = this.#makeLog();
  }

  tell(): void {
    while (this.#checkpoint < this.log.length) {
      const chance = this.#random();
      if (chance < 0.5) this.#plan();
      else if (chance < 0.8) this.#commit();
      else if (chance < 0.9) this.#lose();
      else this.#die();
    }
    while (this.#underWay.length > 0) this.#commit();
  }

  #makeShape(seed: number): PatternShape {
    const kind = KINDS[seed % KINDS.length] ?? 'all';
    const members = kind === 'count' ? 1 : kind === 'absent' ? 2 : 2 + this.#below(3);
    const types = Array.from({ length: members }, (_, place) => ({ type: `t${place}` }));
    const count = kind === 'count' ? 2 + this.#below(3) : members;
    return { id: 'it', kind, withinMs: 1 + this.#below(WITHIN_MAX), count, members: types };
  }

  #makeLog(): Shown[] {
    let received = 1_000;
    return Array.from({ length: EVENTS }, (_, i) => {
      received += this.#below(4);
      const all = 2 ** this.shape.members.length - 1;
      // Most events are one member; some are several at once.
      const one = 1 << this.#below(this.shape.members.length);
      const fits = this.#random() < 0.8 ? one : 1 + this.#below(all);
      return { seq: i + 1, received, key: KEYS[this.#below(KEYS.length)] ?? '', fits };
    });
  }

  /** Plans a round as the router does. */
  #plan(): void {
    if (this.#underWay.length >= 3 || this.#planned >= this.log.length) return;
    const stage = this.#windows.stage();
    const ends: PatternEnd[] = [];
    for (const event of this.log.slice(this.#planned, this.#planned + 1 + this.#below(5))) {
      this.#closeDue(stage, ends, event.received);
      const { key, ...shown } = event;
      const member = { ...shown, hops: 0, correlation: `r${key}`, trust: 'trusted' } as const;
      const owner = { flow: 'it', key, shape: this.shape };
      ends.push(...this.#windows.advance(stage, owner, member).ends);
      this.#planned = event.seq;
    }
    this.#underWay.push({ stage, to: this.#planned, writes: windowWrites(stage), ends });
  }

  #closeDue(stage: Stage, ends: PatternEnd[], now: number): void {
    const by = this.#mutant === 'closes late' ? now - 1 : now;
    for (let open = this.#windows.overdue(by); open; open = this.#windows.overdue(by)) {
      this.#windows.close(stage, open);
      ends.push(...endsOf(open, 'expired'));
    }
  }

  #commit(): void {
    const plan = this.#underWay.shift();
    if (plan === undefined) return;
    for (const { flow, key, columns } of plan.writes) {
      if (columns === null) this.rows.delete(key);
      else this.rows.set(key, { flow, key, ...columns });
    }
    this.ends.push(...plan.ends);
    this.#checkpoint = plan.to;
    this.#windows.commit(plan.stage);
  }

  #lose(): void {
    const [plan] = this.#underWay;
    if (plan === undefined) return;
    if (this.#mutant !== 'forgets to put back') this.#windows.discard(plan.stage);
    this.#underWay = [];
    this.#planned = this.#checkpoint;
  }

  #die(): void {
    this.#windows = new Windows(this.#mutant === 'loses the rows' ? [] : this.rows.values());
    this.#underWay = [];
    this.#planned = this.#checkpoint;
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most);
  }

  /** The matches that were found. */
  found(): Found[] {
    return this.ends.flatMap(({ key, matched }) => {
      if (matched === undefined) return [];
      const kept = this.#mutant === 'keeps the first' ? matched.slice(0, 1) : matched;
      return [{ key, events: kept.map(({ seq }) => seq) }];
    });
  }

  /** Each event that opens a window is in one end or in an open window, and none is in two. */
  accountProblem(): string | undefined {
    const told = this.ends.flatMap(({ matched = [], passed }) => {
      return [...matched.map(({ seq }) => seq), ...passed];
    });
    const open = Array.from(this.rows.values(), (row) => seqsOf(decodeWindow(row))).flat();
    const all = [...told, ...open];
    if (new Set(all).size < all.length) return `events are told of twice: ${all.join(' ')}`;
    const has = new Set(all);
    const lost = this.log.find(({ seq, fits }) => opens(this.shape, fits) && !has.has(seq));
    return lost && `event ${lost.seq} opens a window, and none has it`;
  }
}

/**
 * What the matches of a log are, found by looking at all that came: for each event, whether it
 * completes one with what came behind the last one. Without windows, rounds and rows.
 */
export function matchesOf(shape: PatternShape, log: readonly Shown[]): Found[] {
  return KEYS.flatMap((key) => {
    const own = log.filter((event) => event.key === key);
    return shape.kind === 'absent' ? absences(shape, own, log) : completions(shape, own);
  });
}

function completions(shape: PatternShape, own: readonly Shown[]): Found[] {
  const found: Found[] = [];
  let since = 0;
  for (let end = 0; end < own.length; end++) {
    const last = own[end];
    if (last === undefined) break;
    const events = own
      .slice(since, end + 1)
      .filter(({ received }) => received + shape.withinMs > last.received);
    const match = bestMatch(shape, events, last);
    if (match === undefined) continue;
    found.push({ key: last.key, events: match.map(({ seq }) => seq) });
    since = end + 1;
  }
  return found;
}

/** The match with `last` that begins last, among all that there are. */
function bestMatch(
  { kind, count }: PatternShape,
  events: readonly Shown[],
  last: Shown,
): readonly Shown[] | undefined {
  if (kind === 'count') return events.length >= count ? events : undefined;
  if (kind === 'sequence') return latestChain(events, count - 1, last);
  return distinct(events.toReversed(), 0, count);
}

/** The chain of the members up to `place` whose last event is this one, each as late as can be. */
function latestChain(
  events: readonly Shown[],
  place: number,
  last: Shown,
): readonly Shown[] | undefined {
  if (!isFit(last.fits, place)) return undefined;
  if (place === 0) return [last];
  const chains = events
    .filter(({ seq }) => seq < last.seq)
    .flatMap((before) => {
      const chain = latestChain(events, place - 1, before);
      return chain === undefined ? [] : [[...chain, last]];
    });
  return chains.toSorted((a, b) => laterFirst(a, b))[0];
}

/** Of two chains the one whose first event came later; else whose second one did, and so on. */
function laterFirst(a: readonly Shown[], b: readonly Shown[]): number {
  const place = a.findIndex(({ seq }, i) => seq !== b[i]?.seq);
  return (b[place]?.seq ?? 0) - (a[place]?.seq ?? 0);
}

/** An event of its own for each member from `place` on; undefined where there is no way. */
function distinct(
  events: readonly Shown[],
  place: number,
  count: number,
): readonly Shown[] | undefined {
  if (place === count) return [];
  for (const event of events.filter(({ fits }) => isFit(fits, place))) {
    const rest = distinct(
      events.filter((other) => other !== event),
      place + 1,
      count,
    );
    if (rest !== undefined) return [event, ...rest];
  }
  return undefined;
}

/** The silences whose end was seen: somebody came later, whoever it was. */
function absences(
  { withinMs }: PatternShape,
  own: readonly Shown[],
  log: readonly Shown[],
): Found[] {
  const found: Found[] = [];
  const seenTo = log.at(-1)?.received ?? 0;
  let waiting: Shown[] = [];
  const tell = (now: number): void => {
    const [first] = waiting;
    if (first === undefined || first.received + withinMs > now) return;
    found.push({ key: first.key, events: waiting.map(({ seq }) => seq) });
    waiting = [];
  };
  for (const event of own) {
    tell(event.received);
    if (isFit(event.fits, ABSENT)) waiting = [];
    if (isFit(event.fits, AFTER)) waiting.push(event);
  }
  tell(seenTo);
  return found;
}
