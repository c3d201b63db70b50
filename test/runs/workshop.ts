import { z } from 'zod';
import type { Flow } from '../../src/flows/flow.ts';
import { born } from '../../src/runs/evolve.ts';
import { decodeJournal, encodeJournal, type JournalEvent } from '../../src/runs/journal.ts';
import { begin } from '../../src/runs/next.ts';
import { Runner } from '../../src/runs/runner.ts';
import type { StepContext, StepKind, StepResult } from '../../src/runs/step-kind.ts';
import type { Clock } from '../../src/std/clock.ts';
import type { LogFields, Logger } from '../../src/std/logger.ts';
import type { Random } from '../../src/std/random.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import type { AppendResult, LogRecord, RunRow, Store } from '../../src/store/contract.ts';
import { EngineTime } from '../../src/store/engine-time.ts';
import { ownRecord } from '../../src/store/record.ts';
import { gatesOnly } from '../fixtures/gates-only.ts';
import { type DurableLog, sqliteLogs } from '../simulation/engine/durable-log.ts';
import { until } from '../server/until.ts';

/** What a step of kind `act` does. */
export type Act = (context: StepContext) => Promise<StepResult>;

export interface WorkshopOptions {
  readonly flow: Flow;
  readonly act: Act;
  readonly slots?: number;
  readonly random?: Random;
  readonly drainMs?: number;
  /** Whether the step cannot take the daemon down. */
  readonly contained?: boolean;
  /** Stands between the runner and the store. */
  readonly wrap?: (store: Store) => Store;
  /** The definition that a run finds when it is taken over. */
  readonly findFlow?: (catalog: string, flow: string) => Promise<Flow | undefined>;
}

/** What one entry of the log said. */
export interface Line {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

const newLog = await sqliteLogs();

/**
 * A runner on a store of its own, under a clock that moves when it is told to. Its steps do as the
 * test says. It can be left as a process that dies is left, and opened again.
 */
export class Workshop {
  readonly clock: SimulatedClock;
  readonly store: Store;
  readonly runner: Runner;
  readonly lines: Line[] = [];
  readonly #log: DurableLog;
  readonly #options: WorkshopOptions;
  readonly #time: EngineTime;
  #dead = false;

  private constructor(
    options: WorkshopOptions,
    place: { readonly log: DurableLog; readonly store: Store; readonly clock: SimulatedClock },
  ) {
    this.#options = options;
    this.#log = place.log;
    this.store = place.store;
    this.clock = place.clock;
    const clock = this.#mortal();
    this.#time = new EngineTime(clock, this.store.identity.lastReceived);
    const { epoch, afterCleanStop } = this.store.identity;
    this.runner = new Runner({
      store: options.wrap?.(this.store) ?? this.store,
      session: { epoch, afterCleanStop },
      time: this.#time,
      clock,
      logger: this.#logger(),
      random: options.random ?? (() => 0.5),
      slots: options.slots ?? 4,
      drainMs: options.drainMs ?? 1_000,
      directory: '/project',
      kinds: new Map([['act', this.#kind()]]),
      findFlow: options.findFlow ?? (async () => options.flow),
      judging: gatesOnly,
      flowsInForce: async () => new Map([[options.flow.name, options.flow]]),
    });
  }

  static async open(options: WorkshopOptions): Promise<Workshop> {
    const log = newLog();
    const clock = new SimulatedClock();
    return new Workshop(options, { log, clock, store: await log.open(clock) });
  }

  /** The same, with a runner that has begun to give away slots. */
  static async started(options: WorkshopOptions): Promise<Workshop> {
    const shop = await Workshop.open(options);
    await shop.runner.start();
    await shop.settle();
    return shop;
  }

  /** The next process on the same log: this one has been stopped in order, or dies now. */
  async reopen(options: Partial<WorkshopOptions> = {}): Promise<Workshop> {
    const { clock } = this;
    this.#dead = true;
    const place = { log: this.#log, clock, store: await this.#log.open(clock) };
    return new Workshop({ ...this.#options, ...options }, place);
  }

  /** Records an event, and a run of the flow for it that waits for a slot. Returns the run's id. */
  async queue(data = '{}'): Promise<number> {
    const { id } = await this.#start(await this.#event(data), false);
    return id;
  }

  /** Records an event and a run of the flow for it, and hands the run to the runner. */
  async begin(data = '{}', attributes: string | null = null): Promise<number> {
    const event = await this.#event(data, attributes);
    const { id, run } = await this.#start(event, true);
    this.runner.begin({ id, run, flow: this.#options.flow, event });
    return id;
  }

  async row(id: number): Promise<RunRow> {
    const row = await this.store.run(id);
    if (row === undefined) throw new Error(`there is no run ${id}`);
    return row;
  }

  /** The run's records behind its first. */
  async journal(id: number): Promise<JournalEvent[]> {
    const records = await this.store.readStream(id);
    return records.slice(1).flatMap((record) => decodeJournal(record) ?? []);
  }

  async types(id: number): Promise<string[]> {
    return (await this.journal(id)).map(({ type }) => type);
  }

  /** Resolves when the run is in that state. */
  async reaches(id: number, state: RunRow['state']): Promise<RunRow> {
    return until(async () => {
      const row = await this.row(id);
      return row.state === state ? row : undefined;
    });
  }

  /** Resolves when the condition holds, however many turns of the loop that takes. */
  async until(condition: () => boolean): Promise<void> {
    await until(() => (condition() ? true : undefined));
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  /** Lets time pass, and happen what that brings about, each at its own time. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms;
    await this.settle();
    for (;;) {
      const left = end - this.clock.monotonic();
      const next = Math.min(this.clock.untilNext() ?? left, left);
      this.clock.advance(next);
      await this.settle();
      if (next === left) return;
    }
  }

  /** The clock, whose timers end with the process. */
  #mortal(): Clock {
    return {
      now: () => this.clock.now(),
      monotonic: () => this.clock.monotonic(),
      schedule: (delayMs, task) => this.clock.schedule(delayMs, () => this.#dead || task()),
    };
  }

  async #event(data: string, attributes: string | null = null): Promise<LogRecord> {
    const record = {
      type: 'pushed',
      version: 1,
      source: 'tests',
      id: null,
      subject: null,
      received: this.#time.now(),
      correlation: null,
      causation: null,
      hops: 0,
      attributes,
      data,
    };
    const result = await this.store.append({ writes: [{ kind: 'event', record }] });
    return { ...record, seq: firstOf(result), stream: null, prev: null };
  }

  async #start(
    event: LogRecord,
    leased: boolean,
  ): Promise<{ id: number; run: ReturnType<typeof born> }> {
    const received = this.#time.now();
    const { epoch } = this.store.identity;
    const { flow } = this.#options;
    const origin = { catalog: 'c1', event: event.seq, epoch, lane: flow.name };
    const started = begin(flow, origin, leased ? null : received);
    const birth = { received, correlation: 'root', hops: 1 };
    const run = born(started, birth);
    if (leased) this.runner.enter(run);
    const cause = { correlation: 'root', causation: event.seq, hops: 1 };
    const record = ownRecord(started.type, encodeJournal(started), received, cause);
    const result = await this.store.append({ writes: [{ kind: 'open', record, row: run }] });
    return { id: firstOf(result), run };
  }

  #kind(): StepKind {
    const { act, contained = false } = this.#options;
    const shape = {
      kind: 'act',
      keys: [],
      schema: z.record(z.string(), z.unknown()),
      effect: 'idempotent',
      timeoutMs: 1_000,
    } as const;
    return { shape, contained, execute: act };
  }

  #logger(): Logger {
    const at = (level: keyof Logger): Logger['info'] => {
      return (message, fields) => void this.lines.push({ level, message, fields });
    };
    return { info: at('info'), warn: at('warn'), error: at('error') };
  }
}

/** More turns of the loop than any chain of answers here takes. */
const TURNS = 20;

function firstOf(result: AppendResult): number {
  if (result.kind !== 'appended') throw new Error(`expected an appended unit, got ${result.kind}`);
  return result.first;
}
