import type { SourceFile } from '../../../src/flows/catalog.ts';
import { auditLog } from '../../../src/routing/audit.ts';
import { Catalogs } from '../../../src/routing/catalogs.ts';
import { ROUTER } from '../../../src/routing/router.ts';
import { decodeTally } from '../../../src/routing/tally.ts';
import { checkRows } from '../../../src/runs/rebuild.ts';
import type { Logger } from '../../../src/std/logger.ts';
import { filesOf, parseCatalog } from './catalog.ts';
import { Client } from './client.ts';
import { Daemon } from './daemon.ts';
import { Draw } from './draw.ts';
import { type DurableLog, type MakeLog, memoryLog } from './durable-log.ts';
import type { Mutation } from './mutants.ts';
import { Monitor } from './monitor.ts';
import { ProcessClock, type Wall } from './process-clock.ts';
import { ProcessStore, type Disk } from './process-store.ts';
import type { Scenario } from './scenario.ts';
import { type Life, Scheduler } from './scheduler.ts';
import { World } from './world.ts';

export interface SimulationOptions {
  readonly scenario: Scenario;
  readonly makeLog?: MakeLog;
  readonly mutation?: Mutation;
  /** Where the daemon dies, counted in things that it did; beside what the faults draw. */
  readonly crashAfter?: ReadonlySet<number>;
  /** Hears what happens, for a person who looks for the cause. */
  readonly trace?: (line: string) => void;
}

export interface Report {
  readonly problems: readonly string[];
  /** Equal for two runs of one scenario, and hardly ever for two scenarios. */
  readonly fingerprint: string;
  /** How many things happened, and how many of them the daemon did. */
  readonly things: number;
  readonly did: number;
  readonly crashes: number;
  /** What became of each run. */
  readonly runs: readonly { readonly flow: string; readonly state: string }[];
}

const START = Date.UTC(2026, 0, 1);
const END_MS = 4 * 3_600_000;
/** How long everything is watched after it has come to rest: two sweeps. */
const AFTERMATH_MS = 11_000;

/** Lets the scenario happen, and tells what was wrong. */
export async function simulate(options: SimulationOptions): Promise<Report> {
  const simulation = new Simulation(options);
  return simulation.run();
}

interface Session {
  readonly life: Life;
  readonly epoch: number;
  readonly store: ProcessStore;
  daemon: Daemon | undefined;
  stopping: boolean;
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #draw: Draw;
  readonly #scheduler: Scheduler;
  readonly #log: DurableLog;
  readonly #world: World;
  readonly #monitor: Monitor;
  readonly #clients: readonly Client[];
  readonly #wall: Wall = { offsetMs: START };
  readonly #disk: Disk = { full: false };
  readonly #nature: Life = { dead: false };
  #session: Session | undefined;
  #starts = 0;
  #crashes = 0;
  #did = 0;
  #questions = 0;
  #healed = false;
  #restAt: number | undefined;

  constructor(options: SimulationOptions) {
    const { scenario, makeLog = memoryLog } = options;
    this.#options = options;
    this.#draw = new Draw(scenario.seed ^ 0x5eed);
    const { random } = this.#draw;
    this.#scheduler = new Scheduler(random);
    this.#log = makeLog();
    this.#monitor = new Monitor(
      scenario,
      (key) => this.#world.target(key),
      () => this.#scheduler.now,
    );
    this.#world = new World({
      scheduler: this.#scheduler,
      random,
      lateEffects: scenario.faults.lateEffects,
      called: (call) => {
        this.#trace(
          () => `${call.question ? 'asks' : 'calls'} ${call.context.key} ${call.outcome}`,
        );
        this.#monitor.called(call, this.#session?.epoch ?? 0);
      },
      kill: (life) => {
        if (life === this.#session?.life) this.#crash('killed by a step');
      },
    });
    this.#clients = scenario.events.map((plan) => {
      return new Client(plan, {
        scheduler: this.#scheduler,
        random,
        replyLoss: scenario.faults.replyLoss,
        knock: (draft) => this.#listening()?.admit(draft),
        answered: (event, admission) => {
          this.#monitor.answered(event, admission);
        },
      });
    });
  }

  async run(): Promise<Report> {
    this.#planNature();
    this.#at(0, () => this.#start());
    try {
      await this.#scheduler.run(() => this.#atRest(), {
        untilMs: END_MS,
        happened: (life) => this.#happened(life),
      });
      this.#monitor.finish();
      await this.#inspect();
    } catch (error) {
      this.#monitor.problem(`${(error as Error).message}: ${this.#unfinished()}`);
    }
    this.#log.close();
    return {
      problems: this.#monitor.problems,
      fingerprint: this.#fingerprint(),
      things: this.#scheduler.count,
      did: this.#did,
      crashes: this.#crashes,
      runs: [...this.#monitor.runs.values()].map(({ flow, state, error }) => {
        return { flow: flow.name, state: error?.code ?? state.status };
      }),
    };
  }

  #planNature(): void {
    const { faults, healMs, checksMs, nudgesMs } = this.#options.scenario;
    for (const atMs of nudgesMs) this.#at(atMs, () => this.#listening()?.nudge());
    for (const atMs of checksMs) this.#at(atMs, () => this.#check());
    for (const atMs of faults.cleanStopsMs) this.#at(atMs, () => this.#stop());
    for (const { atMs, byMs } of faults.clockSteps) {
      this.#at(atMs, () => {
        this.#trace(() => `the clock is stepped by ${byMs}`);
        this.#wall.offsetMs += byMs;
      });
    }
    for (const { fromMs, toMs } of faults.diskFull) {
      this.#at(fromMs, () => this.#setFull(true));
      this.#at(Math.min(toMs, healMs), () => this.#setFull(false));
    }
    this.#at(healMs, () => {
      this.#healed = true;
      this.#trace(() => 'healed');
    });
  }

  #at(ms: number, task: () => void | Promise<void>): void {
    this.#scheduler.after(ms, this.#nature, task);
  }

  #setFull(full: boolean): void {
    this.#trace(() => (full ? 'the disk is full' : 'the disk has space'));
    this.#disk.full = full;
  }

  #listening(): Daemon | undefined {
    return this.#session?.daemon;
  }

  #happened(life: Life): void {
    const session = this.#session;
    if (session === undefined || life !== session.life) return;
    this.#did++;
    const { crashAfter, scenario } = this.#options;
    const { crashRate, crashesMax } = scenario.faults;
    const drawn = !this.#healed && this.#crashes < crashesMax && this.#draw.chance(crashRate);
    if (drawn || crashAfter?.has(this.#did)) this.#crash('dies');
  }

  #crash(how: string): void {
    this.#trace(() => how);
    this.#crashes++;
    this.#end();
    this.#monitor.died();
  }

  /** Whatever the process had in mind is gone; a new one starts a little later. */
  #end(): void {
    if (this.#session !== undefined) {
      this.#session.life.dead = true;
      this.#questions += this.#session.store.questions;
    }
    this.#session = undefined;
    this.#at(this.#draw.between(0, 2_000), () => this.#start());
  }

  async #start(): Promise<void> {
    if (this.#session !== undefined) return;
    const { scenario, mutation = {} } = this.#options;
    const { catalogs, slots, drainMs, latencyMsMax, stragglers } = scenario;
    const life: Life = { dead: false };
    const clock = new ProcessClock(this.#scheduler, life, this.#wall);
    const inner = await this.#log.open(clock);
    const { epoch } = inner.identity;
    this.#trace(
      () => `epoch ${epoch} starts${inner.identity.afterCleanStop ? ' after a clean stop' : ''}`,
    );
    inner.onCommitted((records) => {
      for (const record of records)
        this.#trace(() => `log ${record.seq} ${record.type} ${record.data}`);
      this.#monitor.committed(records, inner.identity);
    });
    const { random } = this.#draw;
    const scheduler = this.#scheduler;
    const disk = this.#disk;
    const ways = { scheduler, random, life, disk, latencyMsMax, stragglers };
    const honest = new ProcessStore(inner, ways);
    const store = mutation.store?.(honest) ?? honest;
    const session: Session = { life, epoch, store: honest, daemon: undefined, stopping: false };
    this.#session = session;
    const script = catalogs[Math.min(this.#starts++, catalogs.length - 1)] ?? catalogs[0];
    const kinds = this.#world.kinds(life).map((kind) => mutation.kind?.(kind) ?? kind);
    const opening = Daemon.open({
      store,
      clock,
      random,
      kinds,
      slots,
      drainMs,
      logger: this.#logger(),
      files: filesOf(script),
      parse: (files: readonly SourceFile[]) => {
        const catalog = parseCatalog(files);
        return mutation.catalog?.(catalog) ?? catalog;
      },
    });
    opening.then(
      (daemon) => {
        session.daemon = daemon;
      },
      (error: Error) => {
        this.#trace(() => `cannot start: ${error.message}`);
        if (!life.dead) this.#end();
      },
    );
  }

  /** The engine checks itself while it works. */
  #check(): void {
    void this.#listening()
      ?.wrong()
      .then((wrong) => {
        if (wrong !== undefined) this.#monitor.problem(`found while at work: ${wrong}`);
      });
  }

  #stop(): void {
    const session = this.#session;
    if (session?.daemon === undefined || session.stopping || this.#healed) return;
    session.stopping = true;
    this.#trace(() => 'is told to stop');
    void session.daemon.stop().then(() => {
      this.#trace(() => 'has stopped');
      this.#end();
    });
  }

  #atRest(): boolean {
    const routed = this.#session?.daemon?.routed;
    const rests =
      this.#healed &&
      this.#monitor.open === 0 &&
      routed === this.#monitor.records.length &&
      this.#session?.stopping === false &&
      this.#clients.every(({ done }) => done);
    if (!rests) this.#restAt = undefined;
    else this.#restAt ??= this.#scheduler.now;
    return this.#restAt !== undefined && this.#scheduler.now >= this.#restAt + AFTERMATH_MS;
  }

  /** Nobody looks again and again for what is not there. */
  #countQuestions(): void {
    const asked = this.#questions + (this.#session?.store.questions ?? 0);
    const seconds = this.#scheduler.now / 1_000;
    const { nudgesMs } = this.#options.scenario;
    const most =
      60 + 6 * this.#monitor.records.length + seconds + 10 * this.#starts + 4 * nudgesMs.length;
    if (asked > most) this.#monitor.problem(`the store was asked ${asked} times`);
  }

  /** The engine's own proofs, on what is durable. */
  async #inspect(): Promise<void> {
    this.#countQuestions();
    const busy = this.#session?.daemon?.busy ?? 0;
    if (busy > 0) this.#monitor.problem(`${busy} slots are taken at rest`);
    const store = await this.#log.open(new ProcessClock(this.#scheduler, this.#nature, this.#wall));
    const progress = (): void => {};
    const chain = await store.verify({ progress, deep: false });
    if (chain.firstBad !== null) this.#monitor.problem(`verify: ${JSON.stringify(chain.firstBad)}`);
    const catalogs = await Catalogs.open(store, parseCatalog);
    const { seq: routed, state } = await store.checkpoint(ROUTER);
    const audited = { store, catalogs, routed, counted: decodeTally(state) };
    const { firstBad } = await auditLog(audited, progress);
    if (firstBad !== null) this.#monitor.problem(`audit: ${JSON.stringify(firstBad)}`);
    const { differences } = await checkRows(store, progress);
    if (differences.length > 0) this.#monitor.problem(`rows: ${JSON.stringify(differences)}`);
  }

  #unfinished(): string {
    const open = [...this.#monitor.runs.values()].filter(({ ended }) => !ended);
    const runs = open.map(({ id, state }) => `run ${id} is ${state.status} at ${state.at}`);
    const waiting = this.#clients.filter(({ done }) => !done).length;
    const { records } = this.#monitor;
    const routed = this.#session?.daemon?.routed;
    return [...runs, `${waiting} clients wait`, `routed ${routed} of ${records.length}`].join(', ');
  }

  #fingerprint(): string {
    const told = this.#monitor.records.map(({ type, received }) => `${type}@${received}`);
    return `${this.#scheduler.count} ${this.#scheduler.now} ${told.join()}`;
  }

  #logger(): Logger {
    const log = (message: string, fields?: object): void => {
      this.#trace(() => `says: ${message} ${JSON.stringify(fields)}`);
    };
    return { info: log, warn: log, error: log };
  }

  #trace(line: () => string): void {
    this.#options.trace?.(`${this.#scheduler.now} ${line()}`);
  }
}
