import type { Logger } from '../../../src/std/logger.ts';
import { silentLogger } from '../../../src/std/logger.ts';
import type { LogRecord, Store } from '../../../src/store/contract.ts';
import { checkRows } from '../../../src/runs/rebuild.ts';
import { sleepStep } from '../../../src/steps/sleep.ts';
import { waitStep } from '../../../src/steps/wait.ts';
import { Daemon } from '../engine/daemon.ts';
import { Draw } from '../engine/draw.ts';
import { type DurableLog, type MakeLog, memoryLog } from '../engine/durable-log.ts';
import { ProcessClock } from '../engine/process-clock.ts';
import { ProcessStore } from '../engine/process-store.ts';
import { type Life, Scheduler } from '../engine/scheduler.ts';
import { FLOWS, waitCatalog } from './wait-flows.ts';
import { checkWaits, type Found } from './wait-model.ts';

/** From here on nothing goes wrong any more, and by then everything has come to rest. */
const HEAL_MS = 3_000;
const REST_MS = 16_000;
const END_MS = 120_000;
const AGAIN_MS = 200;
const SIGNALS_MS = 2_500;

export interface Story extends Found {
  readonly crashes: number;
}

/**
 * Runs that wait, events that come before, at and after their waits begin, and a daemon that dies
 * anywhere between: all as the seed draws it.
 */
export async function tellWaits(
  seed: number,
  makeLog: MakeLog = memoryLog,
  logger: Logger = silentLogger,
): Promise<Story> {
  const story = new WaitStory(seed, makeLog(), logger);
  try {
    return await story.tell();
  } finally {
    story.close();
  }
}

class WaitStory {
  readonly #draw: Draw;
  readonly #scheduler: Scheduler;
  readonly #log: DurableLog;
  readonly #logger: Logger;
  readonly #wall = { offsetMs: Date.UTC(2026, 0, 1) };
  readonly #nature: Life = { dead: false };
  readonly #durableAt = new Map<number, number>();
  readonly #records = new Map<number, LogRecord>();
  #life: Life = { dead: false };
  #daemon: Daemon | undefined;
  #crashes = 0;
  #unsent = 0;

  constructor(seed: number, log: DurableLog, logger: Logger) {
    this.#draw = new Draw(seed);
    this.#scheduler = new Scheduler(this.#draw.random);
    this.#log = log;
    this.#logger = logger;
  }

  async tell(): Promise<Story> {
    const draw = this.#draw;
    const crashRate = draw.pick([0, 0.005, 0.02, 0.05]);
    for (let run = draw.between(1, 4); run > 0; run--) {
      const [first = '', ...others] = FLOWS;
      this.#send(draw.between(0, 800), `go.${draw.pick([first, ...others])}`);
    }
    for (let left = draw.between(2, 10); left > 0; left--)
      this.#send(draw.between(0, SIGNALS_MS), 'signal');
    this.#at(0, () => this.#start());
    await this.#scheduler.run(() => this.#isOver(), {
      untilMs: END_MS,
      happened: (life) => {
        const mayDie = life === this.#life && this.#scheduler.now < HEAL_MS;
        if (mayDie && draw.chance(crashRate)) this.#crash();
      },
    });
    const found = checkWaits([...this.#records.values()], this.#durableAt);
    const store = await this.#log.open(new ProcessClock(this.#scheduler, this.#nature, this.#wall));
    const { differences } = await checkRows(store, () => {});
    const wrong = differences.map((difference) => `rows: ${JSON.stringify(difference)}`);
    return { ...found, problems: [...found.problems, ...wrong], crashes: this.#crashes };
  }

  close(): void {
    this.#log.close();
  }

  #at(ms: number, task: () => void | Promise<void>): void {
    this.#scheduler.after(ms, this.#nature, task);
  }

  /** Sends an event until it is acknowledged. */
  #send(atMs: number, type: string): void {
    const n = this.#unsent++;
    const data = JSON.stringify({ k: this.#draw.pick(['a', 'a', 'b']), n });
    const knock = (): void => {
      const reply = this.#daemon?.admit({ type, source: 'tests', id: `e${n}`, data });
      let isKnown = false;
      const known = (): void => {
        if (isKnown) return;
        isKnown = true;
        this.#unsent--;
      };
      void reply?.then(known, () => {});
      this.#at(AGAIN_MS, () => {
        if (!isKnown) knock();
      });
    };
    this.#at(atMs, knock);
  }

  #isOver(): boolean {
    if (this.#scheduler.now < REST_MS || this.#unsent > 0) return false;
    return this.#daemon?.routed === this.#records.size && this.#daemon.busy === 0;
  }

  #crash(): void {
    this.#crashes++;
    this.#life.dead = true;
    this.#daemon = undefined;
    this.#at(this.#draw.between(0, 400), () => this.#start());
  }

  async #start(): Promise<void> {
    const life = (this.#life = { dead: false });
    const clock = new ProcessClock(this.#scheduler, life, this.#wall);
    const inner = await this.#log.open(clock);
    this.#watch(inner, clock);
    const { random } = this.#draw;
    const ways = { scheduler: this.#scheduler, random, life, disk: { full: false } };
    const store = new ProcessStore(inner, { ...ways, latencyMsMax: 8, stragglers: 0.05 });
    const opening = Daemon.open({
      store,
      clock,
      random,
      logger: this.#logger,
      kinds: [waitStep(), sleepStep()],
      files: [{ path: 'flows.json', text: '{}' }],
      parse: waitCatalog,
      slots: this.#draw.pick([1, 2, 8]),
      drainMs: 1_000,
    });
    void opening.then((daemon) => {
      if (!life.dead) this.#daemon = daemon;
    });
  }

  #watch(store: Store, clock: ProcessClock): void {
    store.onCommitted((records) => {
      for (const record of records) {
        this.#records.set(record.seq, record);
        this.#durableAt.set(record.seq, clock.now());
      }
    });
  }
}
