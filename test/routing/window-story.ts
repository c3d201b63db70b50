import type { Gather } from '../../src/flows/flow.ts';
import { decodeWindow, type OpenWindow, seqsOf } from '../../src/routing/window.ts';
import { type Stage, Windows, windowWrites } from '../../src/routing/windows.ts';
import { seededRandom } from '../../src/std/random.ts';
import type { WindowRow, WindowWrite } from '../../src/store/contract.ts';

/** An event that some flow gathers. */
export interface Arrival {
  readonly seq: number;
  readonly received: number;
  readonly flow: string;
  readonly key: string;
}

/** A window that was closed, and when. */
export interface Closing {
  readonly flow: string;
  readonly key: string;
  readonly events: readonly number[];
  readonly due: number;
  readonly at: number;
}

/** What a round will make durable, whole or not at all. */
interface Plan {
  readonly stage: Stage;
  readonly to: number;
  readonly writes: readonly WindowWrite[];
  readonly closings: readonly Closing[];
}

/** The flows of the stories. */
export const GATHERS: ReadonlyMap<string, Gather> = new Map([
  ['settle', { kind: 'debounce', quietMs: 50, maxMs: 200, size: 6 }],
  ['batch', { kind: 'batch', maxMs: 120, size: 3 }],
  ['patient', { kind: 'debounce', quietMs: 400, maxMs: 500, size: 10_000 }],
  ['alone', { kind: 'batch', maxMs: 60, size: 1 }],
]);
const FLOWS = [...GATHERS.keys()];
const KEYS = ['a', 'b', 'c'];
const STEPS = 60;
/** Rounds under way, events and closings of one round: few, so that all of them are met. */
const UNDER_WAY_MAX = 3;
const BATCH = 4;
const CLOSINGS_MAX = 2;

/** What breaks the router of a story, to show that the stories would tell. */
export type Mutant = 'forgets to put back' | 'loses the rows' | 'closes late' | 'keeps the place';

/**
 * One story of events, of the router that gathers them, and of what befalls it: commits that are
 * lost, rounds that are given up, and daemons that die.
 */
export class WindowStory {
  readonly #random: () => number;
  readonly #mutant: Mutant | undefined;
  #now = 1_000;

  // What survives.
  readonly log: Arrival[] = [];
  readonly #rows = new Map<string, WindowRow>();
  readonly closings: Closing[] = [];
  #checkpoint = 0;

  // What dies with the daemon.
  #windows = new Windows();
  #planned = 0;
  #underWay: Plan[] = [];
  #problem: string | undefined;

  constructor(seed: number, mutant?: Mutant) {
    this.#random = seededRandom(seed);
    this.#mutant = mutant;
  }

  /** Tells the story; what is wrong with it, or undefined. */
  tell(): string | undefined {
    for (let step = 0; step < STEPS; step++) {
      this.#something();
      const problem = this.#problem ?? this.#sumProblem();
      if (problem !== undefined) return problem;
    }
    this.#now += 10_000;
    while (this.#planned < this.log.length || this.#windows.size > 0) {
      this.#plan();
      this.#commit();
    }
    while (this.#underWay.length > 0) this.#commit();
    if (this.#rows.size > 0) return `${this.#rows.size} rows are left of windows that are closed`;
    return this.#sumProblem();
  }

  #something(): void {
    const chance = this.#random();
    if (chance < 0.35) this.#arrive();
    else if (chance < 0.65) this.#plan();
    else if (chance < 0.85) this.#commit();
    else if (chance < 0.9) this.#lose();
    else if (chance < 0.95) this.#giveUp();
    else this.#die();
  }

  #arrive(): void {
    this.#now += Math.floor(this.#random() * 80);
    for (let left = Math.ceil(this.#random() * 4); left > 0; left--) {
      this.#now += Math.floor(this.#random() * 3);
      const seq = this.log.length + 1;
      this.log.push({ seq, received: this.#now, flow: this.#pick(FLOWS), key: this.#pick(KEYS) });
    }
  }

  /** Plans a round as the router does: what is due closes before each event, and at the end. */
  #plan(): void {
    if (this.#underWay.length >= UNDER_WAY_MAX) return;
    const stage = this.#windows.stage();
    const closings: Closing[] = [];
    const batch = this.log.slice(this.#planned, this.#planned + BATCH);
    for (const arrival of batch) {
      if (!this.#closeDue(stage, closings, arrival.received)) break;
      this.#join(stage, closings, arrival);
      this.#planned = arrival.seq;
    }
    if (this.#planned === this.log.length) this.#closeDue(stage, closings, this.#now);
    const writes = windowWrites(stage);
    this.#underWay.push({ stage, to: this.#planned, writes, closings });
    const { nextDue = this.#now + 1 } = this.#windows;
    const isIdle = this.#planned === this.log.length && closings.length < CLOSINGS_MAX;
    if (isIdle && nextDue <= this.#now) this.#problem = `a window due ${nextDue} is still open`;
  }

  /** False where the round is full before all are closed. */
  #closeDue(stage: Stage, closings: Closing[], now: number): boolean {
    const by = this.#mutant === 'closes late' ? now - 1 : now;
    for (;;) {
      const open = this.#windows.overdue(by);
      if (open === undefined) return true;
      if (closings.length >= CLOSINGS_MAX) return false;
      this.#windows.close(stage, open);
      closings.push(this.#closing(open));
    }
  }

  #join(stage: Stage, closings: Closing[], { seq, received, flow, key }: Arrival): void {
    const gather = GATHERS.get(flow);
    if (gather === undefined) throw new Error(`no flow is named ${flow}`);
    const member = { seq, received, hops: 0, correlation: `r${seq}`, trust: 'trusted' } as const;
    const closed = this.#windows.join(stage, { flow, key, gather }, member);
    if (closed !== undefined) closings.push(this.#closing(closed));
  }

  #closing({ flow, key, window }: OpenWindow): Closing {
    return { flow, key, events: seqsOf(window), due: window.due, at: this.#now };
  }

  /** The oldest round becomes durable. */
  #commit(): void {
    const plan = this.#underWay.shift();
    if (plan === undefined) return;
    for (const { flow, key, columns } of plan.writes) {
      if (columns === null) this.#rows.delete(`${flow} ${key}`);
      else this.#rows.set(`${flow} ${key}`, { flow, key, ...columns });
    }
    this.closings.push(...plan.closings);
    if (this.#mutant !== 'keeps the place') this.#checkpoint = plan.to;
    this.#windows.commit(plan.stage);
  }

  /** A commit is lost, and with it all that was planned behind it. */
  #lose(): void {
    const [plan] = this.#underWay;
    if (plan === undefined) return;
    if (this.#mutant !== 'forgets to put back') this.#windows.discard(plan.stage);
    this.#underWay = [];
    this.#planned = this.#checkpoint;
  }

  /** The newest round is not committed after all. */
  #giveUp(): void {
    const plan = this.#underWay.pop();
    if (plan === undefined) return;
    this.#windows.discard(plan.stage);
    this.#planned = this.#underWay.at(-1)?.to ?? this.#checkpoint;
  }

  #die(): void {
    const rows = this.#mutant === 'loses the rows' ? [] : this.#rows.values();
    this.#windows = new Windows(rows);
    this.#underWay = [];
    this.#planned = this.#checkpoint;
  }

  /** Each event that is routed is in one closed window or in an open one. */
  #sumProblem(): string | undefined {
    const found = [
      ...this.closings.flatMap(({ events }) => events),
      ...Array.from(this.#rows.values(), (row) => seqsOf(decodeWindow(row))).flat(),
    ].toSorted((a, b) => a - b);
    if (found.length === this.#checkpoint && found.every((seq, i) => seq === i + 1)) return;
    return `events up to ${this.#checkpoint} are in windows as ${found.join(' ')}`;
  }

  #pick(from: readonly string[]): string {
    return from[Math.floor(this.#random() * from.length)] ?? '';
  }
}

/**
 * What the windows of a log are, told without rounds, rows and daemons: one flow and key after the
 * other. Without `at`, since that is when somebody looked.
 */
export function windowsOf(log: readonly Arrival[]): Omit<Closing, 'at'>[] {
  return Array.from(GATHERS, ([flow, gather]) =>
    KEYS.flatMap((key) => {
      const own = log.filter((arrival) => arrival.flow === flow && arrival.key === key);
      return split(own, gather).map((events) => ({
        flow,
        key,
        events: events.map(({ seq }) => seq),
        due: settles(events, gather),
      }));
    }),
  ).flat();
}

function split(arrivals: readonly Arrival[], gather: Gather): Arrival[][] {
  const windows: Arrival[][] = [];
  for (const arrival of arrivals) {
    const last = windows.at(-1);
    const closed =
      last === undefined ||
      last.length === gather.size ||
      arrival.received >= settles(last, gather);
    if (closed) windows.push([arrival]);
    else last.push(arrival);
  }
  return windows;
}

/** When a window closes that holds these, if no further one comes. */
function settles(events: readonly Arrival[], { kind, quietMs, maxMs }: Gather): number {
  const oldest = Number(events[0]?.received) + maxMs;
  const quiet = Number(events.at(-1)?.received) + Number(quietMs);
  return kind === 'batch' || quiet > oldest ? oldest : quiet;
}
