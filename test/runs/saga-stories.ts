import { expect } from 'vitest';
import { type ActionStep, type Flow, type Step, UNDO_RETRY } from '../../src/flows/flow.ts';
import { isUndoId, sagasOf, undoId } from '../../src/flows/saga.ts';
import { stepsWithin } from '../../src/runs/position.ts';
import type { StepResult } from '../../src/runs/step-kind.ts';
import { type Random, seededRandom } from '../../src/std/random.ts';
import type { RunRow, Store } from '../../src/store/contract.ts';
import { countOpen } from '../../src/views/queue-view.ts';
import { dyingAfter } from './dying.ts';
import { callOf, eachOf, flowOf, parallelOf, stepOf } from './pieces.ts';
import { retraced } from './retraced.ts';
import { differences } from './repairing.ts';
import { denied, done, lost } from './scripted.ts';
import { type Act, Workshop } from './workshop.ts';

const LONG_MS = 7_200_000;
/** How long somebody lives who is to die, unless that comes first. */
const LIFE_MS = 8_000;
const APPENDS_MAX = 30;
/** A step lasts as long at the most. */
const STEP_MS_MAX = 400;
const CANCEL_MS_MAX = 3_000;
const ann = { by: 'ann', reason: null };

/** How a story went, for those who count. */
export interface SagaEnd {
  readonly state: RunRow['state'];
  /** What `retraced` says of it. */
  readonly again: string;
}

/**
 * A drawn tree of steps that can be undone, done by a runner that dies again and again and is told
 * to stop in the middle. In the end it is all done, or all undone in reverse, or a person is called
 * and then it is: what the steps did says so, not what is recorded.
 */
export async function tellSagaStory(seed: number): Promise<SagaEnd> {
  const random = seededRandom(seed);
  const trees = new Trees(random);
  const other = { ...flowOf(...trees.steps(1)), name: 'other' };
  trees.mayCall = true;
  const main = flowOf(...trees.steps(2), ...trees.steps(2));
  const flows = marked([main, other]);
  const findFlow = async (_: string, name: string): Promise<Flow | undefined> => flows.get(name);
  const world = new World(random, trees);
  const dying = (): { wrap: (store: Store) => Store } => ({
    wrap: dyingAfter(Math.floor(random() * APPENDS_MAX)),
  });
  const deaths = Math.floor(random() * 4);
  let shop = await Workshop.started({
    ...(deaths > 0 ? dying() : {}),
    flow: flows.get('deploy') ?? main,
    act: (context) => world.act(context),
    contained: true,
    random,
    slots: 1 + Math.floor(random() * 4),
    findFlow,
  });
  world.shop = shop;
  const id = await shop.begin();
  for (let left = deaths; left > 0; left--) {
    await shop.pass(LIFE_MS);
    shop = await shop.reopen(left > 1 ? dying() : { wrap: (store) => store });
    world.shop = shop;
    await shop.runner.start();
  }
  const isStopped = random() < 0.3;
  if (isStopped) {
    await shop.pass(Math.floor(random() * CANCEL_MS_MAX));
    await shop.runner.repair.cancel(id, ann);
  }
  await shop.pass(LONG_MS);
  let row = await shop.row(id);
  // What must not be repeated waits for somebody who says what to do.
  if (row.ended === null) {
    await shop.runner.repair.cancel(id, ann);
    await shop.pass(LONG_MS);
    row = await shop.row(id);
  }
  const isExact = deaths === 0 && !isStopped;
  if (row.state === 'compensation_stuck') row = await mended(shop, { id, world, trees, seed });
  expect(row.ended, `seed ${seed}`).not.toBeNull();
  const isAlive = deaths === 0;
  const known = { isExact, isAlive, flows: [main, other] };
  expect(world.faultsOf(row, known), `seed ${seed}`).toEqual([]);
  await expectRest(shop, seed);
  return { state: row.state, again: await retraced(id, { store: shop.store, flows }, seed) };
}

/** What was stuck is tried again once it can be undone. */
async function mended(
  shop: Workshop,
  { id, world, trees, seed }: { id: number; world: World; trees: Trees; seed: number },
): Promise<RunRow> {
  const stuck = world.stuck();
  expect(stuck, `seed ${seed}`).not.toEqual([]);
  expect(
    stuck.filter((step) => trees.faults.get(step) !== 'stubborn'),
    `seed ${seed}`,
  ).toEqual([]);
  world.mended = true;
  await shop.runner.repair.retry(id, ann);
  await shop.pass(LONG_MS);
  const row = await shop.row(id);
  expect(row.state, `seed ${seed}`).toBe('compensated');
  return row;
}

function marked(flows: readonly Flow[]): ReadonlyMap<string, Flow> {
  const named = new Map(flows.map((flow) => [flow.name, flow]));
  const sagas = sagasOf(named);
  return new Map(
    flows.map((flow) => {
      const own = sagas.get(flow.name);
      return [flow.name, own === undefined ? flow : { ...flow, isSaga: true, sagas: own }];
    }),
  );
}

/** How a step or an undo behaves that is no ordinary one. */
type Fault = 'denied' | 'lost' | 'stubborn';

/** Draws steps, most of which can be undone; some fail whoever does them. */
class Trees {
  readonly faults = new Map<string, Fault>();
  mayCall = false;
  readonly #random: Random;
  #drawn = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  steps(depth: number): Step[] {
    return Array.from({ length: 1 + this.#below(3) }, () => this.#step(depth));
  }

  #step(depth: number): Step {
    const id = `s${this.#drawn++}`;
    const drawn = depth === 0 ? 0 : this.#random();
    if (drawn < 0.6) return this.#leaf(id);
    if (drawn < 0.75) {
      const items = Array.from({ length: this.#below(4) }, (_, n) => n);
      const list = { kind: 'template', text: '{items}', render: () => items } as const;
      return eachOf(id, this.steps(depth - 1), { items: list, concurrency: 1 + this.#below(3) });
    }
    if (drawn < 0.9 || !this.mayCall) return parallelOf(id, ...this.steps(depth - 1));
    return callOf(id, 'other');
  }

  #leaf(id: string): Step {
    const drawn = this.#random();
    if (drawn < 0.06) this.faults.set(id, 'denied');
    else if (drawn < 0.12) this.faults.set(id, 'lost');
    const effect = this.#random() < 0.15 ? 'ask' : 'idempotent';
    if (this.#random() < 0.2) return stepOf({ id, effect });
    if (this.#random() < 0.06) this.faults.set(undoId(id), 'stubborn');
    const compensate: ActionStep = stepOf({ id: undoId(id), retry: UNDO_RETRY });
    return stepOf({ id, effect, compensate });
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most);
  }
}

/** What is known of a story besides. */
interface Told {
  /** Whether nobody died and nobody said stop. */
  readonly isExact: boolean;
  /** Whether nobody died. */
  readonly isAlive: boolean;
  readonly flows: readonly Flow[];
}

/** One attempt, as the world saw it. */
interface Deed {
  readonly key: string;
  readonly began: number;
  ended: number | undefined;
  /** What came of it; nothing is known of what was not answered. */
  result: StepResult['kind'] | 'maybe' | undefined;
}

/** What steps act on. It remembers every call. */
class World {
  readonly deeds: Deed[] = [];
  shop: Workshop | undefined;
  mended = false;
  readonly #random: Random;
  readonly #trees: Trees;
  readonly #missed = new Set<string>();
  #count = 0;

  constructor(random: Random, trees: Trees) {
    this.#random = random;
    this.#trees = trees;
  }

  act({ key, step }: Parameters<Act>[0]): ReturnType<Act> {
    const deed: Deed = { key, began: this.#count++, ended: undefined, result: undefined };
    this.deeds.push(deed);
    const result = this.#resultOf(key, step);
    const lastsMs = Math.floor(this.#random() * STEP_MS_MAX);
    return new Promise((resolve) => {
      this.shop?.clock.schedule(lastsMs, () => {
        deed.ended = this.#count++;
        deed.result = result === lost ? 'maybe' : result.kind;
        resolve(result);
      });
    });
  }

  #resultOf(key: string, step: string): StepResult {
    const fault = this.#trees.faults.get(step);
    if (fault === 'denied') return denied;
    if (fault === 'lost' || (fault === 'stubborn' && !this.mended)) return lost;
    if (this.#missed.has(key) || this.#random() >= 0.1) return done;
    this.#missed.add(key);
    return lost;
  }

  /** Where something is between: neither done nor undone, or not in reverse. */
  faultsOf({ state }: RunRow, { isExact, isAlive, flows }: Told): readonly string[] {
    const forward = this.#byKey((key) => !isUndoId(key));
    const undone = this.#byKey(isUndoId);
    const undoable = undoableIn(flows);
    const faults = this.#outOfOrder(undone);
    if (state === 'succeeded') faults.push(...[...undone.keys()].map((key) => `${key} is undone`));
    for (const [key, deeds] of forward) {
      const undos = undone.get(undoId(key)) ?? [];
      const mayBe = deeds.some(({ result }) => result !== 'fail');
      const isLeft = !undos.some(({ result }) => result === 'done');
      if (state !== 'succeeded' && mayBe && undoable.has(stepOfKey(key)) && isLeft) {
        faults.push(`${key} is left`);
      }
      if (isExact && !mayBe && undos.length > 0) faults.push(`${key} never was, and is undone`);
      const begun = Math.min(...undos.map(({ began }) => began));
      const isLate = deeds.some(({ began, ended = began }) => (isAlive ? ended : began) > begun);
      if (isLate) faults.push(`${key} behind its undo`);
    }
    return faults;
  }

  /** What was not undone, as the world saw it. */
  stuck(): readonly string[] {
    const all = [...this.#byKey(isUndoId)];
    return all.flatMap(([key, deeds]) =>
      deeds.every(({ result }) => result !== 'done') ? [stepOfKey(key)] : [],
    );
  }

  /** Of two steps in one list the later one is undone before the undo of the other begins. */
  #outOfOrder(undone: ReadonlyMap<string, readonly Deed[]>): string[] {
    const faults: string[] = [];
    if (this.mended) return faults;
    for (const [key, deeds] of undone) {
      const scope = key.slice(0, key.lastIndexOf('/') + 1);
      const first = Math.min(...deeds.map(({ began }) => began));
      for (const [later, others] of undone) {
        if (!later.startsWith(scope)) continue;
        if (numberOf(later.slice(scope.length)) <= numberOf(key.slice(scope.length))) continue;
        const ends = others.flatMap(({ result, ended }) => (result === 'done' ? [ended ?? 0] : []));
        if (ends.length > 0 && Math.min(...ends) > first) faults.push(`${key} before ${later}`);
      }
    }
    return faults;
  }

  #byKey(isWanted: (key: string) => boolean): ReadonlyMap<string, Deed[]> {
    const found = new Map<string, Deed[]>();
    for (const deed of this.deeds.filter(({ key }) => isWanted(key))) {
      found.set(deed.key, [...(found.get(deed.key) ?? []), deed]);
    }
    return found;
  }
}

function stepOfKey(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** The ids of the steps that can be undone. */
function undoableIn(flows: readonly Flow[]): ReadonlySet<string> {
  const all = flows.flatMap(({ steps }) => Array.from(stepsWithin(steps), ([, step]) => step));
  return new Set(all.flatMap((step) => ('compensate' in step && step.compensate ? step.id : [])));
}

/** Steps are numbered in the order of the flow. */
function numberOf(place: string): number {
  return Number(/^s(\d+)/.exec(place)?.[1]);
}

/** Nothing is open, nobody holds a slot, and the rows are those that the log makes. */
async function expectRest(shop: Workshop, seed: number): Promise<void> {
  const none = { queued: 0, running: 0, waiting: 0, paused: 0 };
  expect(countOpen(await shop.store.lanes()), `seed ${seed}`).toEqual(none);
  expect(shop.runner.lanes.taken, `seed ${seed}`).toBe(0);
  expect(await differences(shop), `seed ${seed}`).toEqual([]);
}
