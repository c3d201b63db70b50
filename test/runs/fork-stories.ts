import { expect } from 'vitest';
import type { EachFork, Step } from '../../src/flows/flow.ts';
import { render } from '../../src/flows/template.ts';
import { type Random, seededRandom } from '../../src/std/random.ts';
import type { LogRecord, Store } from '../../src/store/contract.ts';
import { countOpen } from '../../src/views/queue-view.ts';
import { dyingAfter } from './dying.ts';
import { callOf, eachOf, flowOf, parallelOf, stepOf } from './pieces.ts';
import { differences, failed } from './repairing.ts';
import { retraced } from './retraced.ts';
import { done, lost } from './scripted.ts';
import { type Act, Workshop } from './workshop.ts';

/** How long all of it takes at the most, with every attempt and every crash. */
const LONG_MS = 3_600_000;
/** How long somebody lives who is to die, unless that comes first. */
const LIFE_MS = 20_000;
const APPENDS_MAX = 40;
/** A step lasts as long at the most. */
const STEP_MS_MAX = 400;

/**
 * A drawn tree of forks, calls and steps, done by a runner that dies again and again. Whether the
 * run succeeds, and how often each step is done, is known from the tree alone; and that its records
 * lead the same way again. Returns whether they did, or why nobody can tell.
 */
export async function tellForkStory(seed: number): Promise<string> {
  const random = seededRandom(seed);
  const trees = new Trees(random);
  const other = { ...flowOf(...trees.steps(1)), name: 'other' };
  trees.mayCall = true;
  const main = flowOf(...trees.steps(3));
  const flow =
    random() < 0.3 ? { ...main, concurrency: { limit: 1, onFull: 'queue' as const } } : main;
  const worker = new Worker(random, trees.broken);
  const act: Act = (context) => worker.act(context);
  const dying = (): { wrap: (store: Store) => Store } => ({
    wrap: dyingAfter(Math.floor(random() * APPENDS_MAX)),
  });
  let crashes = Math.floor(random() * 4);
  let shop = await Workshop.started({
    ...(crashes > 0 ? dying() : {}),
    flow,
    act,
    contained: true,
    random,
    slots: 1 + Math.floor(random() * 4),
    findFlow: async (_, name) => (name === 'other' ? other : flow),
  });
  worker.shop = shop;
  const id = await shop.begin();
  for (; crashes > 0; crashes--) {
    await shop.pass(LIFE_MS);
    shop = await shop.reopen(crashes > 1 ? dying() : { wrap: (store) => store });
    worker.shop = shop;
    await shop.runner.start();
  }
  await shop.pass(LONG_MS);
  const oracle = new Oracle(trees.broken, other.steps);
  const row = await shop.row(id);
  expect(row.state, `seed ${seed}`).toBe(oracle.fails(flow.steps) ? 'failed' : 'succeeded');
  await expectRest(shop, seed);
  const records = await shop.store.read({ after: 0, limit: 100_000 });
  expectOnce(records, seed);
  if (trees.broken.size === 0) {
    const keys = new Set(worker.keys);
    expect(keys.size, `seed ${seed}`).toBe(oracle.count(flow.steps));
  }
  const flows = new Map([flow, other].map((each) => [each.name, each]));
  return retraced(id, { store: shop.store, flows }, seed);
}

/** Draws steps; some leaves are broken, and fail whoever does them. */
class Trees {
  readonly broken = new Set<string>();
  mayCall = false;
  readonly #random: Random;
  #drawn = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  steps(depth: number): Step[] {
    return Array.from({ length: this.#upTo(3) }, () => this.#step(depth));
  }

  #step(depth: number): Step {
    const id = `s${this.#drawn++}`;
    const drawn = depth === 0 ? 0 : this.#random();
    if (drawn < 0.35) return this.#leaf(id);
    const onError = this.#random() < 0.3 ? ({ onError: 'continue' } as const) : {};
    if (drawn < 0.65) {
      const items = Array.from({ length: this.#upTo(5) - 1 }, (_, n) => n);
      const list = { kind: 'template', text: '{items}', render: () => items } as const;
      const concurrency = this.#upTo(3);
      const steps = this.steps(depth - 1);
      return eachOf(id, steps, { items: list, concurrency, ...onError });
    }
    if (drawn < 0.85 || !this.mayCall)
      return { ...parallelOf(id, ...this.steps(depth - 1)), ...onError };
    return { ...callOf(id, 'other', { detach: this.#random() < 0.4 }), ...onError };
  }

  #leaf(id: string): Step {
    if (this.#random() < 0.05) this.broken.add(id);
    return stepOf({ id });
  }

  #upTo(most: number): number {
    return 1 + Math.floor(this.#random() * most);
  }
}

/** Does steps in some time each, and now and then not at the first time. */
class Worker {
  readonly keys: string[] = [];
  shop: Workshop | undefined;
  readonly #random: Random;
  readonly #broken: ReadonlySet<string>;
  readonly #missed = new Set<string>();

  constructor(random: Random, broken: ReadonlySet<string>) {
    this.#random = random;
    this.#broken = broken;
  }

  act({ key, step }: Parameters<Act>[0]): ReturnType<Act> {
    this.keys.push(key);
    const misses = this.#random() < 0.1 && !this.#missed.has(key);
    if (misses) this.#missed.add(key);
    const result = this.#broken.has(step) ? failed : misses ? lost : done;
    const lastsMs = Math.floor(this.#random() * STEP_MS_MAX);
    return new Promise((resolve) => {
      this.shop?.clock.schedule(lastsMs, () => resolve(result));
    });
  }
}

/** What comes of a tree, read off it. */
class Oracle {
  readonly #broken: ReadonlySet<string>;
  readonly #called: readonly Step[];

  constructor(broken: ReadonlySet<string>, called: readonly Step[]) {
    this.#broken = broken;
    this.#called = called;
  }

  fails(steps: readonly Step[]): boolean {
    return steps.some((step) => this.#fails(step));
  }

  /** How many times something is done, where nothing fails. */
  count(steps: readonly Step[]): number {
    return steps.reduce((sum, { fork }) => {
      if (fork === undefined) return sum + 1;
      if (fork.kind === 'parallel') return sum + this.count(fork.steps);
      if (fork.kind === 'call') return sum + this.count(this.#called);
      return sum + itemsOf(fork) * this.count(fork.do);
    }, 0);
  }

  #fails(step: Step): boolean {
    const { id, fork } = step;
    if (fork === undefined) return this.#broken.has(id);
    if (step.onError === 'continue') return false;
    if (fork.kind === 'parallel') return this.fails(fork.steps);
    if (fork.kind === 'call') return !fork.detach && this.fails(this.#called);
    return itemsOf(fork) > 0 && this.fails(fork.do);
  }
}

/** Nothing is open, nobody holds a slot, and the rows are those that the log makes. */
async function expectRest(shop: Workshop, seed: number): Promise<void> {
  const none = { queued: 0, running: 0, waiting: 0, paused: 0 };
  expect(countOpen(await shop.store.lanes()), `seed ${seed}`).toEqual(none);
  expect(await shop.store.lanes(), `seed ${seed}`).toEqual([]);
  expect(shop.runner.lanes.taken, `seed ${seed}`).toBe(0);
  expect(await differences(shop), `seed ${seed}`).toEqual([]);
}

/** No step is begun again that was recorded as done, and no run ends twice. */
function expectOnce(records: readonly LogRecord[], seed: number): void {
  const over = new Set<string>();
  for (const { stream, type, data } of records) {
    if (stream === null) continue;
    const { at } = JSON.parse(data) as { readonly at?: string };
    const place = `${stream} ${at}`;
    const ends = /^(run|branch)\.(succeeded|failed|noop|cancelled)$/.test(type);
    const again = over.has(`${stream}`) || (type.startsWith('step.') && over.has(place));
    expect(again, `seed ${seed}: ${type} at ${place}`).toBe(false);
    if (ends) over.add(`${stream}`);
    else if (type === 'step.completed') over.add(place);
  }
}

function itemsOf({ items }: EachFork): number {
  return (render(items, { get: () => undefined }) as readonly number[]).length;
}
