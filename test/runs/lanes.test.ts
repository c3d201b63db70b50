import { deepStrictEqual } from 'node:assert/strict';
import { expect, test } from 'vitest';
import type { Flow, OnFull } from '../../src/flows/flow.ts';
import { laneOf } from '../../src/runs/lane.ts';
import { Lanes } from '../../src/runs/lanes.ts';
import type { OpenState } from '../../src/store/contract.ts';
import { Draw } from '../simulation/engine/draw.ts';
import { seedFailure, seeds } from '../simulation/seeds.ts';
import { keyOf, LanesModel, limited, type ModelRun } from './lanes-model.ts';
import { scopeOf } from './pieces.ts';

const SEEDS = 10_000;
/** The first seed of each part: one alone would take a busy machine too long. */
const PARTS = [1, 2_001, 4_001, 6_001, 8_001] as const;
const STEPS = 40;
const SINCE = 1_000_000;

/** Lanes and their model, under the same changes. */
class Pair {
  readonly #draw: Draw;
  readonly #flows: Flow[];
  readonly #lanes: Lanes;
  readonly #model: LanesModel;
  #now = SINCE;
  #id = 0;

  constructor(seed: number) {
    this.#draw = new Draw(seed);
    const slots = this.#draw.between(1, 4);
    this.#flows = this.#draw.list([1, 6], (index) => this.#flow(`flow-${index}`));
    const express = new Set(this.#flows.filter(() => this.#draw.chance(0.3)));
    const isExpress = (flow: Flow): boolean => express.has(flow);
    this.#lanes = new Lanes({ slots, since: SINCE, isExpress });
    this.#lanes.useFlows(new Map(this.#flows.map((flow) => [flow.name, flow])), SINCE);
    this.#model = new LanesModel(slots, SINCE, isExpress);
  }

  step(): void {
    const act = this.#draw.pick([
      () => this.#arrive(),
      () => this.#arrive(),
      () => this.#arrive(),
      () => this.#take(),
      () => this.#take(),
      () => this.#end(),
      () => this.#end(),
      () => this.#pass(),
      () => this.#cancel(),
      () => this.#setPaused(),
    ]);
    act();
    agree(this.#lanes.taken, this.#model.taken);
  }

  /** Nobody waits for ever: with time, and steps that end, all is done. */
  finish(): void {
    this.#model.paused.clear();
    this.#lanes.resume(null, this.#now);
    for (const { name } of this.#flows) this.#lanes.resume(name, this.#now);
    const { runs } = this.#model;
    for (const run of runs)
      if (run.state === 'paused' || run.due === Infinity) this.#move(run, 'ended');
    for (let turn = 0; runs.some(({ state }) => state !== 'ended'); turn++) {
      if (turn > 40 * runs.length) throw new Error('somebody waits for ever');
      while (this.#take());
      for (const run of runs) if (run.state === 'running') this.#move(run, 'ended');
      this.#now += 500;
    }
  }

  #flow(name: string): Flow {
    const draw = this.#draw;
    const key = (field: string): { key?: ReturnType<typeof keyOf> } =>
      draw.chance(0.6) ? { key: keyOf(field) } : {};
    const limit = (): number => draw.between(1, 3);
    const onFull = draw.pick<OnFull>(['queue', 'queue', 'drop', 'error', 'replace']);
    return limited(name, {
      ...(draw.chance(0.4) ? { order: keyOf('order') } : {}),
      ...(draw.chance(0.4) ? { concurrency: { ...key('group'), limit: limit(), onFull } } : {}),
      ...(draw.chance(0.3) ? { throttle: { ...key('rate'), limit: limit(), perMs: 1_000 } } : {}),
      ...(draw.chance(0.3) ? { priority: draw.between(-2, 2) } : {}),
      ...(draw.chance(0.5) ? { project: draw.pick(['api', 'web']) } : {}),
    });
  }

  #arrive(): void {
    const run = this.#newRun();
    const verdict = this.#lanes.admit(run.lane, this.#now);
    const allowed = this.#model.allows(verdict, run, this.#now);
    agree([verdict, allowed], [verdict, true]);
    if (verdict === 'drop' || verdict === 'error') return;
    this.#model.runs.push(run);
    if (verdict === 'lease') {
      this.#model.begin(run, this.#now);
      this.#lanes.enter(run.lane, 'running', this.#now);
    } else {
      this.#lanes.enter(run.lane, 'queued', this.#now);
      this.#lanes.hint(run.lane, 'queued', run, this.#now);
    }
  }

  #newRun(): ModelRun {
    const draw = this.#draw;
    const [first, ...others] = this.#flows;
    if (first === undefined) throw new Error('there are no flows');
    const flow = draw.pick([first, ...others]);
    const payload = { order: draw.between(0, 2), group: draw.between(0, 1), rate: 0 };
    const lane = laneOf(flow, () => scopeOf(payload));
    const keys = [flow.order, flow.concurrency?.key, flow.throttle?.key];
    return {
      id: ++this.#id,
      flow,
      lane,
      keys: keys.map((key) => key?.of(scopeOf(payload))),
      state: 'queued',
      due: this.#now,
      began: undefined,
    };
  }

  #take(): boolean {
    const run = this.#model.next(this.#now);
    const grant = this.#lanes.take(this.#now);
    agree(grant, run === undefined ? undefined : { lane: run.lane, state: run.state });
    if (run === undefined || grant === undefined) return false;
    this.#model.grant(run, this.#now);
    this.#expectNext(run.lane, grant.state);
    return true;
  }

  /** What runs ends, rests for a while or for a person, or is paused by one. */
  #end(): void {
    const run = this.#any('running');
    if (run === undefined) return;
    const state = this.#draw.pick<ModelRun['state']>(['ended', 'ended', 'waiting', 'paused']);
    const due = this.#now + this.#draw.between(0, 3) * 400;
    run.due = this.#draw.chance(0.8) ? due : Number.POSITIVE_INFINITY;
    this.#move(run, state);
    if (state === 'waiting' && run.due < Infinity)
      this.#lanes.hint(run.lane, 'waiting', run, this.#now);
  }

  #cancel(): void {
    const state = this.#draw.pick<OpenState>(['queued', 'waiting', 'paused']);
    const run = this.#any(state);
    if (run === undefined) return;
    this.#move(run, 'ended');
    if (state === 'queued' || state === 'waiting') this.#expectNext(run.lane, state);
  }

  #move(run: ModelRun, state: ModelRun['state']): void {
    const { state: before } = run;
    if (before === 'ended') return;
    run.state = state;
    this.#lanes.move(run.lane, before, state === 'ended' ? null : state, this.#now);
  }

  #expectNext(lane: string, state: 'queued' | 'waiting'): void {
    const rest = this.#model.runs.filter((run) => {
      return run.lane === lane && run.state === state && run.due < Infinity;
    });
    const [next] = rest.toSorted((a, b) => a.due - b.due || a.id - b.id);
    const head = next === undefined ? null : { due: next.due, id: next.id };
    this.#lanes.expect(lane, state, head, this.#now);
  }

  #pass(): void {
    this.#now += this.#draw.pick([0, 1, 300, 1_000, 70_000]);
  }

  #setPaused(): void {
    const flow = this.#draw.pick([null, this.#flows[0]?.name ?? '']);
    const { paused } = this.#model;
    if (paused.delete(flow)) this.#lanes.resume(flow, this.#now);
    else {
      paused.add(flow);
      this.#lanes.pause(flow, this.#now);
    }
  }

  #any(state: ModelRun['state']): ModelRun | undefined {
    const [first, ...others] = this.#model.runs.filter((run) => run.state === state);
    return first === undefined ? undefined : this.#draw.pick([first, ...others]);
  }
}

test.each(PARTS)('slots are granted as the model says: stories from %i on', (first) => {
  for (const seed of seeds(SEEDS / PARTS.length, first)) expect(problemOf(seed)).toBe('');
});

/** What is wrong with the story of a seed; empty where nothing is. */
function problemOf(seed: number): string {
  try {
    const pair = new Pair(seed);
    for (let step = 0; step < STEPS; step++) pair.step();
    pair.finish();
    return '';
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return seedFailure(seed, problem, 'test/runs/lanes.test.ts');
  }
}

/** Two that must be alike. */
function agree(found: unknown, expected: unknown): void {
  deepStrictEqual(found, expected);
}
