import { messageOf } from '../../../src/std/errors.ts';
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
  readonly shape: WorkloadShape;
}

/**
 * Uses a store as the engine does, remembers what it was told, and notices what does not fit. Its
 * methods resolve to what was wrong; that the disk stopped under the store is not wrong.
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

  /** Opens the store and inspects all that it holds. */
  async start(): Promise<string | undefined> {
    const { driver, path } = this.#options;
    try {
      const store = await openSqliteStore({ driver, path, clock: this.#clock });
      if (store.identity.epoch <= this.#epoch) return `epoch ${store.identity.epoch} is used again`;
      this.#epoch = store.identity.epoch;
      const inspection = await inspectStore(store, this.ledger);
      if (inspection.kind === 'broken') return inspection.reason;
      this.#log = inspection.log;
      this.#store = store;
      store.onCommitted((records) => {
        for (const record of records) this.#log.add(record);
      });
      return undefined;
    } catch (error) {
      return this.#unlessStopped(`OPEN: ${messageOf(error)}`);
    }
  }

  /** Appends groups of units until the disk stops. */
  async work(groupsMax: number): Promise<string | undefined> {
    for (let i = 0; i < groupsMax && !this.#options.disk.activity.stopped; i++) {
      const problem = await this.#appendGroup();
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async #appendGroup(): Promise<string | undefined> {
    const { random, shape } = this.#options;
    const store = this.#store;
    if (store === undefined) return 'the client was not started';
    this.#clock.advance(Math.floor(random() * shape.stepMs));
    const first = this.ledger.next;
    const group = planGroup(random, shape, {
      log: this.#log,
      epoch: this.#epoch,
      now: this.#clock.now(),
      first,
      freeKeys: [...this.ledger.refusedKeys].filter((key) => !this.#log.keys.has(key)),
    });
    for (const { unit } of group) this.ledger.submit(unit);
    const answers = await Promise.allSettled(group.map(({ unit }) => store.append(unit)));
    const problems = answers.map((answer, i) => this.#settle(first + i, group[i], answer));
    return problems.find((problem) => problem !== undefined);
  }

  #settle(
    number: number,
    planned: PlannedUnit | undefined,
    answer: PromiseSettledResult<AppendResult>,
  ): string | undefined {
    if (answer.status === 'rejected')
      return this.#unlessStopped(`APPEND: ${messageOf(answer.reason)}`);
    this.ledger.settle(number, answer.value);
    if (answer.value.kind === planned?.expected) return undefined;
    return `unit ${number} was answered ${answer.value.kind} instead of ${planned?.expected}`;
  }

  #unlessStopped(problem: string): string | undefined {
    return this.#options.disk.activity.stopped ? undefined : problem;
  }
}
