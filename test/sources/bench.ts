import { onTestFinished } from 'vitest';
import type { SourceDefinition } from '../../src/flows/source.ts';
import { Doorkeeper } from '../../src/routing/admission.ts';
import type { Capacity } from '../../src/routing/capacity.ts';
import type { SourceQuotas } from '../../src/routing/source-quotas.ts';
import { openLogDoor } from '../../src/signalbox/log-door.ts';
import type { SourceKind } from '../../src/sources/source.ts';
import { Sources } from '../../src/sources/sources.ts';
import { type Logger, silentLogger } from '../../src/std/logger.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import type { LogRecord, Store } from '../../src/store/contract.ts';
import { EngineTime } from '../../src/store/engine-time.ts';
import { type DurableLog, sqliteLogs } from '../simulation/engine/durable-log.ts';

const newLog = await sqliteLogs();

export interface BenchOptions {
  readonly kinds: readonly SourceKind[];
  readonly sources: readonly SourceDefinition[];
  readonly only?: readonly string[];
  readonly directory?: string;
  /** Says whether there is room in the log. */
  readonly capacity?: Pick<Capacity, 'check'>;
  /** Says whether there is room for events of one source. */
  readonly quotas?: Pick<SourceQuotas, 'enter'>;
  readonly logger?: Logger;
  /** An earlier one whose log, and whose clock, this one goes on with. */
  readonly before?: SourceBench;
}

/** Sources on a real log in memory, under a clock that a test moves. */
export class SourceBench {
  readonly clock: SimulatedClock;
  readonly store: Store;
  readonly sources: Sources;
  readonly door: Doorkeeper;
  /** What is in force: a test may change it before it calls `sources.refresh`. */
  inForce: readonly SourceDefinition[];
  readonly #log: DurableLog;

  private constructor(
    options: BenchOptions,
    { log, store, clock }: { log: DurableLog; store: Store; clock: SimulatedClock },
  ) {
    this.#log = log;
    this.clock = clock;
    this.store = store;
    this.inForce = options.sources;
    const { lastReceived } = store.identity;
    const time = new EngineTime(clock, lastReceived);
    this.door = new Doorkeeper(store, time, options);
    this.sources = new Sources({
      kinds: options.kinds,
      inForce: async () => this.inForce,
      only: options.only,
      door: openLogDoor({ store, door: this.door, time, logger: silentLogger }),
      directory: options.directory ?? '/project',
      aliveUntil: store.head() === 0 ? undefined : lastReceived,
      clock,
      random: () => 0.5,
      logger: options.logger ?? silentLogger,
    });
  }

  static async open(options: BenchOptions): Promise<SourceBench> {
    const log = options.before === undefined ? newLog() : options.before.#log;
    const clock = options.before?.clock ?? new SimulatedClock();
    const store = await log.open(clock);
    const bench = new SourceBench(options, { log, store, clock });
    onTestFinished(() => bench.stop());
    return bench;
  }

  async stop(): Promise<void> {
    await this.sources.stop();
    await this.store.close({ clean: true });
  }

  /** The records of a type, or of all types that begin with what stands before a `*`. */
  records(type: string): Promise<LogRecord[]> {
    return this.store.read({ after: 0, limit: 1_000, type });
  }
}
