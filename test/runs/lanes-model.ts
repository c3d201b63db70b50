import type { Flow } from '../../src/flows/flow.ts';
import type { Key } from '../../src/flows/key.ts';
import type { Verdict } from '../../src/runs/lane-verdict.ts';
import { EXPRESS_SLOTS } from '../../src/runs/slot-pool.ts';
import { AGEING_MS } from '../../src/runs/turns.ts';
import { flowOf, stepOf } from './pieces.ts';

/** One run, as who knows everything sees it. */
export interface ModelRun {
  readonly id: number;
  readonly flow: Flow;
  readonly lane: string;
  /** The values of its keys: order, concurrency, throttle. */
  readonly keys: readonly (string | undefined)[];
  state: 'queued' | 'running' | 'waiting' | 'paused' | 'ended';
  due: number;
  /** When it first held a slot. */
  began: number | undefined;
}

/** A key that is a field of the payload. */
export function keyOf(field: string): Key {
  return {
    text: `payload.${field}`,
    of: (scope) => String((scope.get('payload') as Record<string, unknown>)[field]),
  };
}

/** A flow of that name with limits. */
export function limited(name: string, limits: Partial<Flow> = {}): Flow {
  return { ...flowOf(stepOf()), name, ...limits };
}

/** What `Lanes` promises, written down as plainly as can be: it looks at every run each time. */
export class LanesModel {
  readonly runs: ModelRun[] = [];
  readonly paused = new Set<string | null>();
  readonly #slots: number;
  readonly #since: number;
  readonly #isExpress: (flow: Flow) => boolean;
  readonly #served = new Map<string, number>();
  readonly #projectsServed = new Map<string, number>();
  #turn = 0;

  constructor(slots: number, since: number, isExpress: (flow: Flow) => boolean) {
    this.#slots = slots;
    this.#since = since;
    this.#isExpress = isExpress;
  }

  get taken(): number {
    return this.runs.filter(({ state }) => state === 'running').length;
  }

  /** The run that is to be given the next slot; undefined where none may have one. */
  next(now: number): ModelRun | undefined {
    if (this.paused.has(null)) return undefined;
    return this.#nextOf(true, now) ?? this.#nextOf(false, now);
  }

  #nextOf(express: boolean, now: number): ModelRun | undefined {
    if (this.#isFull(express)) return undefined;
    const ready = [...this.#ready(now)].filter(([flow]) => this.#isExpress(flow) === express);
    const firsts = ready.map(([flow, runs]) => ({ flow, first: first(runs) }));
    const highest = Math.max(...firsts.map(({ flow }) => flow.priority ?? 0));
    const claims = firsts.filter(({ flow, first: { due } }) => {
      return (flow.priority ?? 0) + Math.floor((now - due) / AGEING_MS) >= highest;
    });
    const [best] = claims.toSorted((a, b) => this.#compare(a.first, b.first));
    return best?.first;
  }

  /** It has been given a slot. */
  grant(run: ModelRun, now: number): void {
    this.#served.set(run.flow.name, ++this.#turn);
    this.#projectsServed.set(this.#projectOf(run), this.#turn);
    this.begin(run, now);
  }

  begin(run: ModelRun, now: number): void {
    run.state = 'running';
    run.began ??= now;
  }

  /** Whether this may become of a run that is not there yet. */
  allows(verdict: Verdict, run: ModelRun, now: number): boolean {
    const { concurrency, name } = run.flow;
    const open = this.#sharing(run, 1).filter(isOpen);
    const refuses = concurrency !== undefined && concurrency.onFull !== 'queue';
    if (refuses && open.length >= concurrency.limit) return verdict === concurrency.onFull;
    if (this.paused.has(null) || this.paused.has(name) || this.#blocked(run, now))
      return verdict === 'queue';
    const express = this.#isExpress(run.flow);
    const ready = [...this.#ready(now).keys()].some((flow) => this.#isExpress(flow) === express);
    const full = this.#isFull(express) || ready;
    const inLane = this.runs.some(({ lane, state }) => lane === run.lane && state === 'queued');
    switch (verdict) {
      case 'lease':
        return !full && !inLane;
      case 'wait':
        return full || inLane;
      case 'queue':
        return this.#waitsAhead(run, now);
      default:
        return false;
    }
  }

  /** Express runs hold slots of their own, and no others. */
  #isFull(express: boolean): boolean {
    const running = this.runs.filter(({ flow, state }) => {
      return state === 'running' && this.#isExpress(flow) === express;
    });
    return running.length >= (express ? EXPRESS_SLOTS : this.#slots);
  }

  /** Whether somebody waits under a limit that it keeps. */
  #waitsAhead(run: ModelRun, now: number): boolean {
    return [0, 1, 2].some((limit) => {
      return (
        hasLimit(run.flow, limit) &&
        this.#sharing(run, limit).some(({ state, due }) => {
          return state === 'queued' || (state === 'waiting' && due <= now);
        })
      );
    });
  }

  /** Runs that could begin now, by flow. */
  #ready(now: number): Map<Flow, ModelRun[]> {
    const ready = new Map<Flow, ModelRun[]>();
    for (const run of this.runs) {
      if (run.state !== 'queued' && run.state !== 'waiting') continue;
      if (run.due > now || this.paused.has(run.flow.name)) continue;
      if (this.#blocked(run, now) || this.#hasBegunOneWaiting(run, now)) continue;
      ready.set(run.flow, [...(ready.get(run.flow) ?? []), run]);
    }
    return ready;
  }

  /** A run that has begun goes before one of the same lane that has not. */
  #hasBegunOneWaiting({ lane, state }: ModelRun, now: number): boolean {
    if (state === 'waiting') return false;
    return this.runs.some(
      (other) => other.lane === lane && other.state === 'waiting' && other.due <= now,
    );
  }

  #blocked(run: ModelRun, now: number): boolean {
    return this.#blocking(run, now).length > 0;
  }

  /** The limits that keep it from going on: 0 order, 1 concurrency, 2 throttle. */
  #blocking(run: ModelRun, now: number): number[] {
    const { order, concurrency, throttle } = run.flow;
    const found: number[] = [];
    const isNew = run.state !== 'waiting';
    const before = (other: ModelRun): boolean => {
      if (other.state !== 'queued') return isOpen(other);
      return other.due < run.due || (other.due === run.due && other.id < run.id);
    };
    if (order !== undefined && isNew && this.#sharing(run, 0).some(before)) found.push(0);
    if (throttle !== undefined && isNew) {
      const starts = this.#sharing(run, 2).flatMap(({ began }) => began ?? []);
      if (this.#nextStart(starts, throttle) > now) found.push(2);
    }
    if (concurrency !== undefined) {
      const running = this.#sharing(run, 1).filter(({ state }) => state === 'running');
      if (running.length >= concurrency.limit) found.push(1);
    }
    return found;
  }

  #nextStart(
    starts: readonly number[],
    { limit, perMs }: { readonly limit: number; readonly perMs: number },
  ): number {
    const gap = perMs / limit;
    const sorted = starts.toSorted((a, b) => a - b);
    let [last, spread] = [this.#since - gap, true];
    for (const start of sorted) {
      if (start >= last + perMs + gap) spread = false;
      const within = sorted.filter((other) => other > start - perMs && other <= start);
      if (within.length >= limit) spread = true;
      last = start;
    }
    const oldest = sorted.at(-limit);
    const full = oldest === undefined ? 0 : oldest + perMs;
    const spaced = spread ? last + gap : 0;
    return Math.max(full, spaced);
  }

  #sharing(run: ModelRun, limit: number): ModelRun[] {
    return this.runs.filter(
      (other) => other.flow === run.flow && other.keys[limit] === run.keys[limit],
    );
  }

  /** Express flows and others share slots apart from each other. */
  #projectOf({ flow }: ModelRun): string {
    return `${this.#isExpress(flow)} ${flow.project ?? ''}`;
  }

  #compareProjects(a: ModelRun, b: ModelRun): number {
    const [one, other] = [this.#projectOf(a), this.#projectOf(b)];
    if (one === other) return 0;
    const running = (project: string): number =>
      this.runs.filter((run) => run.state === 'running' && this.#projectOf(run) === project).length;
    const served = (project: string): number => this.#projectsServed.get(project) ?? 0;
    const byName = one < other ? -1 : 1;
    return running(one) - running(other) || served(one) - served(other) || byName;
  }

  #compare(a: ModelRun, b: ModelRun): number {
    const byProject = this.#compareProjects(a, b);
    if (byProject !== 0) return byProject;
    const running = ({ flow }: ModelRun): number =>
      this.runs.filter((run) => run.flow === flow && run.state === 'running').length;
    const served = ({ flow }: ModelRun): number => this.#served.get(flow.name) ?? 0;
    const byName = a.flow.name < b.flow.name ? -1 : 1;
    return running(a) - running(b) || served(a) - served(b) || a.due - b.due || byName;
  }
}

function hasLimit({ order, concurrency, throttle }: Flow, limit: number): boolean {
  return [order, concurrency, throttle][limit] !== undefined;
}

function isOpen({ state }: ModelRun): boolean {
  return state !== 'ended';
}

function first(runs: readonly ModelRun[]): ModelRun {
  const [run] = runs.toSorted((a, b) => a.due - b.due || a.id - b.id);
  if (run === undefined) throw new Error('nobody is ready');
  return run;
}
