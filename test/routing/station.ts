import type { EventDraft } from '../../src/events/event.ts';
import type { Catalog, SourceFile } from '../../src/flows/catalog.ts';
import type { Condition } from '../../src/flows/condition.ts';
import type { Flow, QueueLimit, Trigger } from '../../src/flows/flow.ts';
import type { SourceDefinition } from '../../src/flows/source.ts';
import { type Admission, Doorkeeper } from '../../src/routing/admission.ts';
import { type AuditReport, auditLog } from '../../src/routing/audit.ts';
import { openBackPressure } from '../../src/routing/back-pressure.ts';
import type { Capacity } from '../../src/routing/capacity.ts';
import { Catalogs } from '../../src/routing/catalogs.ts';
import type { LoopBudget } from '../../src/routing/chain-budget.ts';
import { LogFollower } from '../../src/routing/follower.ts';
import { HookStage } from '../../src/routing/hook-stage.ts';
import { HookVerdicts } from '../../src/routing/hook-verdicts.ts';
import type { Hook } from '../../src/routing/hooks/hook.ts';
import type { OverflowRules } from '../../src/routing/overflow.ts';
import type { SourceQuotas } from '../../src/routing/source-quotas.ts';
import { Router, ROUTER } from '../../src/routing/router.ts';
import { decodeTally } from '../../src/routing/tally.ts';
import { Runner } from '../../src/runs/runner.ts';
import type { StepContext, StepKind, StepResult } from '../../src/runs/step-kind.ts';
import type { DiskSpace } from '../../src/std/free-space.ts';
import type { LogFields, Logger } from '../../src/std/logger.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import type { LogRecord, RunRow, Store } from '../../src/store/contract.ts';
import { EngineTime } from '../../src/store/engine-time.ts';
import { gatesOnly } from '../fixtures/gates-only.ts';
import { stepOf } from '../runs/pieces.ts';
import { until } from '../server/until.ts';
import { type DurableLog, type MakeLog, sqliteLogs } from '../simulation/engine/durable-log.ts';

export interface StationOptions {
  readonly slots?: number;
  /** Asked about events before they are routed. */
  readonly hooks?: readonly Hook[];
  readonly act?: (context: StepContext) => Promise<StepResult>;
  /** Stands between the engine and the store. */
  readonly wrap?: (store: Store) => Store;
  readonly rules?: OverflowRules;
  readonly loopBudget?: LoopBudget;
  readonly space?: () => DiskSpace;
  /** What its log lies in, where it is the first of it. */
  readonly makeLog?: MakeLog;
}

/** A disk with room for everything. */
const VAST: DiskSpace = { free: 2 ** 40, all: 2 ** 41 };

interface Line {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

const newLog = await sqliteLogs();
/** Catalogs by their hashes: what a file holds is the hash. */
const CATALOGS = new Map<string, Catalog>();

/** A flow with one step that listens to these events. */
export function listens(name: string, ...triggers: readonly (string | Trigger)[]): Flow {
  return {
    name,
    steps: [stepOf()],
    triggers: triggers.map((trigger) => {
      return typeof trigger === 'string' ? { pattern: { event: trigger } } : trigger;
    }),
  };
}

/** A condition on the payload. */
export function when(text: string, holds: (payload: unknown) => boolean): Condition {
  return { text, test: (scope) => holds(scope.get('payload')) };
}

/** A source whose events may wait as `queue` says. */
export function limitedSource(name: string, queue: QueueLimit): SourceDefinition {
  const [type = ''] = name.split(':');
  return { name, type, handlers: [], trust: 'trusted', config: {}, queue };
}

/** The same catalog with sources. */
export function withSources(catalog: Catalog, ...list: readonly SourceDefinition[]): Catalog {
  const sources = new Map(list.map((source) => [source.name, source]));
  const changed = { ...catalog, sources };
  CATALOGS.set(catalog.hash, changed);
  return changed;
}

/** A catalog that can be parsed again from the log. */
export function catalogOf(hash: string, ...flows: readonly Flow[]): Catalog {
  const files: readonly SourceFile[] = [{ path: 'signalbox.yaml', text: hash }];
  const catalog = { hash, files, flows: new Map(flows.map((flow) => [flow.name, flow])) };
  CATALOGS.set(hash, catalog);
  return catalog;
}

/** @throws Error where nobody made such a catalog. */
export function parse(files: readonly SourceFile[]): Catalog {
  const catalog = CATALOGS.get(files[0]?.text ?? '');
  if (catalog === undefined) throw new Error('cannot be parsed any more');
  return catalog;
}

/** The router and everything around it, on a store in memory, under a clock that stands still. */
export class Station {
  readonly clock: SimulatedClock;
  readonly store: Store;
  readonly time: EngineTime;
  readonly runner: Runner;
  readonly catalogs: Catalogs;
  readonly router: Router;
  readonly stage: HookStage | undefined;
  readonly door: Doorkeeper;
  readonly capacity: Capacity;
  readonly quotas: SourceQuotas;
  readonly lines: Line[] = [];
  readonly #log: DurableLog;

  private constructor(
    log: DurableLog,
    parts: { readonly store: Store; readonly clock: SimulatedClock; readonly catalogs: Catalogs },
    options: StationOptions,
  ) {
    const { store, clock, catalogs } = parts;
    const { slots = 8, act = async (): Promise<StepResult> => ({ kind: 'done', output: null }) } =
      options;
    const { epoch, afterCleanStop, lastReceived } = store.identity;
    const session = { epoch, afterCleanStop };
    const time = new EngineTime(clock, lastReceived);
    const logger = this.#logger();
    this.#log = log;
    this.store = store;
    this.clock = clock;
    this.catalogs = catalogs;
    this.time = time;
    this.runner = new Runner({
      store,
      session,
      time,
      clock,
      logger,
      slots,
      random: () => 0.5,
      directory: '/project',
      kinds: new Map([['act', { execute: act } as unknown as StepKind]]),
      findFlow: (hash, flow) => catalogs.findFlow(hash, flow),
      judging: gatesOnly,
      flowsInForce: () => catalogs.flowsInForce(),
      drainMs: 1_000,
    });
    const follower = new LogFollower(store);
    const { runner } = this;
    const verdicts = new HookVerdicts();
    const common = { store, catalogs, verdicts, time, clock, logger };
    const { hooks } = options;
    const ahead = new LogFollower(store);
    this.stage = hooks && new HookStage({ ...common, follower: ahead, hooks });
    const { rules = { limit: 10_000, overflow: 'queue' }, space = () => VAST } = options;
    const { capacity, gate, quotas } = openBackPressure({
      store,
      settings: {
        queue_limit: rules.limit,
        queue_overflow: rules.overflow,
        loop_budget: options.loopBudget ?? { runs: 1_000, time: 86_400_000 },
      },
      sourcesInForce: () => catalogs.sourcesInForce(),
      routed: () => this.router.at,
      queued: (flow) => this.runner.lanes.queued(flow),
      measureSpace: async () => space(),
      time,
      clock,
      logger,
    });
    const hearing = this.stage;
    const cancel = async ({ id }: RunRow, reason: string): Promise<void> => {
      await runner.repair.cancel(id, { by: 'signalbox', reason });
    };
    this.router = new Router({ ...common, follower, runner, session, gate, cancel, hearing });
    this.capacity = capacity;
    this.quotas = quotas;
    this.door = new Doorkeeper(store, time, { capacity, quotas });
  }

  /** Opens a log, the one of an earlier station where there is one. */
  static async open(options: StationOptions = {}, before?: Station): Promise<Station> {
    const log = before === undefined ? (options.makeLog ?? newLog)() : before.#log;
    const clock = before?.clock ?? new SimulatedClock();
    const opened = await log.open(clock);
    const store = options.wrap?.(opened) ?? opened;
    return new Station(log, { store, clock, catalogs: await Catalogs.open(store, parse) }, options);
  }

  async activate(catalog: Catalog): Promise<void> {
    await this.catalogs.activate(catalog, this.time);
  }

  async start(): Promise<void> {
    await this.quotas.start();
    await this.runner.start();
    await this.stage?.start();
    await this.router.start();
  }

  /** Stops in order, so that the next session finds no death. */
  async stop(): Promise<void> {
    await this.router.stop();
    await this.stage?.stop();
    await this.runner.stop();
    await this.store.close({ clean: true });
  }

  emit(type: string, data: unknown = {}, more: Partial<EventDraft> = {}): Promise<Admission> {
    return this.door.admit({ type, source: 'tests', data: JSON.stringify(data), ...more });
  }

  /** Resolves when the router has seen everything, and all that came of it. */
  async routed(): Promise<void> {
    await this.until(() => {
      const { lanes } = this.runner;
      return (
        this.router.at === this.store.head() && lanes.taken === 0 && this.store.pending() === 0
      );
    });
  }

  async until(condition: () => boolean): Promise<void> {
    await until(() => (condition() ? true : undefined));
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  /** The whole log. */
  async records(): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    for (;;) {
      const page = await this.store.read({ after: records.length, limit: 1_000 });
      if (page.length === 0) return records;
      records.push(...page);
    }
  }

  /** What was recorded of these types, as `type` or, of runs and letters, `type flow`. */
  async story(...types: readonly string[]): Promise<string[]> {
    const records = await this.records();
    return records.flatMap(({ type, data }) => {
      const { flow } = JSON.parse(data) as { readonly flow?: string };
      return types.includes(type) ? [flow === undefined ? type : `${type} ${flow}`] : [];
    });
  }

  /** What the log says for itself, by what the router has recorded of it. */
  async audit(): Promise<AuditReport> {
    const { seq: routed, state } = await this.store.checkpoint(ROUTER);
    const { store, catalogs } = this;
    return auditLog({ store, catalogs, routed, counted: decodeTally(state) }, () => {});
  }

  #logger(): Logger {
    const at = (level: keyof Logger): Logger['info'] => {
      return (message, fields) => void this.lines.push({ level, message, fields });
    };
    return { info: at('info'), warn: at('warn'), error: at('error') };
  }
}
