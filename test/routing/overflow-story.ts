import type { QueueOverflow } from '../../src/flows/flow.ts';
import type { Admission } from '../../src/routing/admission.ts';
import type { StepResult } from '../../src/runs/step-kind.ts';
import { seededRandom } from '../../src/std/random.ts';
import type { LogRecord } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { memoryLog } from '../simulation/engine/durable-log.ts';
import { Life, mortalStore } from './mortal-store.ts';
import { limitProblem, type Limits, waitingEvents } from './overflow-model.ts';
import { catalogOf, limitedSource, listens, Station, withSources } from './station.ts';

/** What breaks the engine, to show that the stories would tell. */
export type Mutant =
  | 'counts nothing anew'
  | 'lets a burst in'
  | 'drops nothing'
  | 'drops in silence';

const GREEDY = 'webhook:greedy';
const OVERFLOWS: readonly QueueOverflow[] = ['queue', 'error', 'drop'];
const DEEDS = 24;
const APPENDS_MAX = 40;
/** Rounds in which all that is left has to come to its end. */
const ROUNDS_MAX = 400;
const done: StepResult = { kind: 'done', output: null };

/** The engine under more than it can do, with limits of each kind, that dies now and then. */
class OverflowStory {
  readonly #random: () => number;
  readonly #mutant: Mutant | undefined;
  readonly #limits: Limits;
  readonly #held: (() => void)[] = [];
  readonly #answers = new Map<number, Admission['kind']>();
  #station: Station | undefined;
  #life = new Life(Number.POSITIVE_INFINITY, true);
  #sent = 0;

  constructor(seed: number, mutant?: Mutant) {
    this.#random = seededRandom(seed);
    this.#mutant = mutant;
    const own = this.#random() < 0.5 ? this.#rules(OVERFLOWS) : undefined;
    this.#limits = {
      rules: this.#rules(OVERFLOWS),
      greet: own,
      source: this.#rules(['error', 'drop']),
      slots: 1 + this.#below(2),
    };
  }

  /** What goes wrong in it; undefined where nothing does. */
  async problem(seed: number): Promise<string | undefined> {
    const flow = { ...listens('greet', 'pushed'), ...this.#own() };
    const catalog = catalogOf(`overflow ${seed}`, flow, listens('note', 'pushed'));
    await this.#open();
    await this.#now.activate(withSources(catalog, limitedSource(GREEDY, this.#limits.source)));
    await this.#live();
    for (let deed = 0; deed < DEEDS; deed++) {
      const problem = (await this.#do()) ?? (await this.#look());
      if (problem !== undefined) return `${JSON.stringify(this.#limits)}\n${problem}`;
    }
    await this.#reopen(new Life(Number.POSITIVE_INFINITY, true));
    return (await this.#end()) ?? this.#look();
  }

  get #now(): Station {
    if (this.#station === undefined) throw new Error('there is no station yet');
    return this.#station;
  }

  #own(): object {
    return this.#limits.greet === undefined ? {} : { queue: this.#limits.greet };
  }

  #rules(among: readonly QueueOverflow[]): { limit: number; overflow: QueueOverflow } {
    const overflow = among[this.#below(among.length)] ?? 'queue';
    return { limit: 1 + this.#below(4), overflow };
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most);
  }

  async #open(): Promise<void> {
    const life = this.#life;
    this.#held.length = 0;
    const { slots, rules } = this.#limits;
    this.#station = await Station.open(
      {
        slots,
        rules,
        makeLog: memoryLog,
        act: () => new Promise((end) => this.#held.push(() => end(done))),
        wrap: (store) =>
          mortalStore(this.#mutant === 'drops in silence' ? deaf(store) : store, life),
      },
      this.#station,
    );
    const { quotas } = this.#now;
    const enter = quotas.enter.bind(quotas);
    if (this.#mutant === 'drops nothing') quotas.refusal = () => undefined;
    if (this.#mutant !== 'lets a burst in') return;
    quotas.enter = (...asked) => {
      const entering = enter(...asked);
      if (entering.kind === 'welcome') entering.done();
      return entering.kind === 'welcome' ? { kind: 'welcome', done() {} } : entering;
    };
  }

  /** Starts what is opened, which may die of it. */
  async #live(): Promise<void> {
    const appendsMax = this.#below(3) === 0 ? 3 : APPENDS_MAX;
    await this.#reopen(new Life(1 + this.#below(appendsMax), this.#random() < 0.5));
  }

  /** The engine before is dead, and another takes its place. */
  async #reopen(life: Life): Promise<void> {
    this.#life.dead = true;
    this.#life = life;
    await this.#open();
    const { quotas } = this.#now;
    if (this.#mutant === 'counts nothing anew') quotas.start = () => blindly(this.#now);
    void this.#now.start().catch(() => {});
    await this.#settle();
  }

  async #do(): Promise<string | undefined> {
    const chance = this.#random();
    if (this.#life.dead || chance < 0.08) {
      await this.#live();
    } else if (chance < 0.6) {
      const problem = await this.#burst();
      if (problem !== undefined) return problem;
    } else if (chance < 0.85) this.#held.splice(this.#below(this.#held.length), 1)[0]?.();
    await this.#settle();
    this.#now.clock.advance(100);
    await this.#settle();
    return undefined;
  }

  async #settle(): Promise<void> {
    await this.#now.settle();
  }

  /** Several at once, and what the limit of all lets in of them. */
  async #burst(): Promise<string | undefined> {
    const { router, runner, store } = this.#now;
    const wasRouted = router.at === store.head();
    const { all } = runner.lanes.queued('greet');
    const source = this.#random() < 0.7 ? GREEDY : 'tests';
    let taken = 0;
    for (let left = 1 + this.#below(6); left > 0; left--) {
      const n = this.#sent++;
      void this.#now.emit('pushed', { n }, { source }).then(({ kind }) => {
        this.#answers.set(n, kind);
        if (kind === 'accepted') taken++;
      });
    }
    await this.#settle();
    const { rules, slots } = this.#limits;
    const room = Math.max(0, rules.limit - all) + slots;
    const isTooMuch = rules.overflow === 'error' && wasRouted && taken > room;
    return isTooMuch ? `${taken} came in where there was room for ${room}` : undefined;
  }

  /** What the log tells, by itself and beside what the engine counts and what senders saw. */
  async #look(): Promise<string | undefined> {
    if (this.#life.dead) return undefined;
    this.#life.isSpared = true;
    const problem = await this.#problemNow(this.#now);
    this.#life.isSpared = false;
    return problem;
  }

  async #problemNow(station: Station): Promise<string | undefined> {
    const log = await station.records();
    const { source } = this.#limits;
    const counted = { name: GREEDY, countsArrivals: source.overflow === 'error' };
    const waiting = waitingEvents(log, station.router.at, counted);
    if (waiting > source.limit) return `${waiting} events of the source wait`;
    const known = station.quotas.of(GREEDY)?.waiting;
    // A recovery that is under way has begun no work yet, but it has counted.
    if (known !== waiting) return `${waiting} events of the source wait, it counts ${known}`;
    const problem = limitProblem(log, this.#limits, GREEDY) ?? this.#answerProblem(log);
    if (problem !== undefined) return problem;
    const { firstBad } = await station.audit();
    return firstBad === null ? undefined : `the sums: ${JSON.stringify(firstBad)}`;
  }

  #answerProblem(log: readonly LogRecord[]): string | undefined {
    const pushed = log.filter(({ type }) => type === 'pushed');
    const recorded = pushed.map(({ data }) => (JSON.parse(data) as { readonly n: number }).n);
    const there = new Set(recorded);
    if (there.size < recorded.length) return 'an event is there twice';
    for (const [n, kind] of this.#answers) {
      if (there.has(n) !== (kind === 'accepted')) return `event ${n} was ${kind}`;
    }
    return undefined;
  }

  async #end(): Promise<string | undefined> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      for (const end of this.#held.splice(0)) end();
      await this.#settle();
      this.#now.clock.advance(1_000);
      await this.#settle();
      const { router, store } = this.#now;
      const lanes = await store.lanes();
      if (lanes.length === 0 && router.at === store.head()) return undefined;
    }
    return `it does not end: ${JSON.stringify(await this.#now.store.lanes())}`;
  }
}

/** The same engine without a count of what an earlier one queued. */
async function blindly({ quotas, store }: Station): Promise<void> {
  const lanes = store.lanes.bind(store);
  store.lanes = async () => [];
  await quotas.refresh();
  store.lanes = lanes;
}

/** A store that forgets what was dropped. */
function deaf(store: Parameters<typeof alteredStore>[0]): typeof store {
  const isDrop = (type: string): boolean => type === 'event.dropped';
  return alteredStore(store, {
    append: (unit) =>
      store.append({ ...unit, writes: unit.writes.filter(({ record }) => !isDrop(record.type)) }),
  });
}

/** What is wrong with the story of a seed; undefined where nothing is. */
export function overflowProblem(seed: number, mutant?: Mutant): Promise<string | undefined> {
  return new OverflowStory(seed, mutant).problem(seed);
}
