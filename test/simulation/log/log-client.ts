import { messageOf, SignalboxError } from '../../../src/std/errors.ts';
import type { Random } from '../../../src/std/random.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import type { AppendResult, Store } from '../../../src/store/contract.ts';
import type { SqliteDriver } from '../../../src/store/sqlite/driver.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { SimulatedDisk } from '../disk/simulated-disk.ts';
import { FoldedLog } from './folded-log.ts';
import { inspectStore } from './inspect-store.ts';
import { Ledger } from './ledger.ts';
import { planGroup, type PlannedUnit, type WorkloadShape } from './workload.ts';

export interface LogClientOptions {
  readonly disk: SimulatedDisk;
  readonly random: Random;
  readonly driver: SqliteDriver;
  readonly path: string;
  /** A file of the real disk. */
  readonly witnessPath?: string;
  readonly shape: WorkloadShape;
}

/**
 * Uses a store as the engine does, remembers what it was told, and notices what does not fit. Its
 * methods resolve to what was wrong. What the disk's planned faults explain is not wrong: that a
 * store cannot be opened, breaks, or finds the disk full.
 */
export class LogClient {
  readonly ledger = new Ledger();
  readonly #options: LogClientOptions;
  readonly #clock = new SimulatedClock();
  #store: Store | undefined;
  #log = new FoldedLog();
  #epoch = 0;

  constructor(options: LogClientOptions) {
    this.#options = options;
  }

  /** How many records the log holds, as far as the client knows. */
  get records(): number {
    return this.#log.head;
  }

  /** Opens the store and inspects all that it holds. */
  async start(): Promise<string | undefined> {
    const { driver, path, witnessPath } = this.#options;
    this.#store = undefined;
    try {
      const store = await openSqliteStore({
        driver,
        path,
        clock: this.#clock,
        ...(witnessPath === undefined ? {} : { witnessPath }),
      });
      const { epoch } = store.identity;
      if (epoch <= this.#epoch) return `epoch ${epoch} is used again`;
      this.#epoch = epoch;
      return await this.#take(store);
    } catch (error) {
      if (!(error instanceof SignalboxError))
        return `OPEN: thrown without a code: ${messageOf(error)}`;
      return this.#unlessStruck(`OPEN: ${error.code}: ${error.message}`);
    }
  }

  async #take(store: Store): Promise<string | undefined> {
    const inspection = await inspectStore(store, this.ledger).catch((error: unknown) =>
      messageOf(error),
    );
    if (typeof inspection === 'string') return this.#unlessStruck(`READ: ${inspection}`);
    if (inspection.kind === 'broken') return inspection.reason;
    this.#log = inspection.log;
    this.#store = store;
    store.onCommitted((records) => {
      for (const record of records) this.#log.add(record);
    });
    return undefined;
  }

  /** Appends groups of units until the store breaks. */
  async work(groups: number): Promise<string | undefined> {
    for (let i = 0; i < groups && this.#store !== undefined; i++) {
      const problem = await this.#appendGroup(this.#store);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** Lets time pass, and what is due with it happen. */
  wait(ms: number): void {
    this.#clock.advance(ms);
  }

  /** Closes the store as a daemon does that ends. */
  async stop(): Promise<string | undefined> {
    try {
      await this.#store?.close({ clean: true });
      return undefined;
    } catch (error) {
      return this.#unlessStruck(`CLOSE: ${messageOf(error)}`);
    }
  }

  async #appendGroup(store: Store): Promise<string | undefined> {
    const { random, shape } = this.#options;
    this.#clock.advance(Math.floor(random() * shape.stepMs));
    const first = this.ledger.next;
    const group = planGroup(random, shape, {
      log: this.#log,
      epoch: this.#epoch,
      now: this.#clock.now(),
      first,
      freeIds: [...this.ledger.refusedIds].filter((id) => !this.#log.foreign.has(id)),
    });
    for (const { unit } of group) this.ledger.submit(unit);
    const answers = await Promise.allSettled(group.map(({ unit }) => store.append(unit)));
    for (const [i, answer] of answers.entries()) {
      const problem =
        answer.status === 'fulfilled'
          ? this.#settle(first + i, group[i], answer.value)
          : await this.#break(store, messageOf(answer.reason));
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #settle(
    number: number,
    planned: PlannedUnit | undefined,
    answer: AppendResult,
  ): string | undefined {
    this.ledger.settle(number, answer);
    if (answer.kind === planned?.expected) return undefined;
    const problem = `unit ${number} was answered ${answer.kind} instead of ${planned?.expected}`;
    return answer.kind === 'full' ? this.#unlessStruck(problem) : problem;
  }

  /** After one failure a store says so, and refuses everything. */
  async #break(store: Store, reason: string): Promise<string | undefined> {
    this.#store = undefined;
    await store.failed;
    const again = await store.append({ writes: [] }).then(
      () => 'answered',
      () => 'refused',
    );
    if (again === 'answered') return 'a broken store went on';
    return this.#unlessStruck(`APPEND: ${reason}`);
  }

  #unlessStruck(problem: string): string | undefined {
    return this.#options.disk.activity.struck ? undefined : problem;
  }
}
