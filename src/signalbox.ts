import { catalogOf, type Configuration } from './config.ts';
import { type BadFiles, Definitions, type Plan, type Reload } from './config/definitions.ts';
import type { EventDraft } from './events/event.ts';
import type { Catalog } from './flows/catalog.ts';
import { type Admission, Doorkeeper } from './routing/admission.ts';
import { auditLog, type AuditReport } from './routing/audit.ts';
import { openBackPressure } from './routing/back-pressure.ts';
import type { Capacity } from './routing/capacity.ts';
import { Catalogs } from './routing/catalogs.ts';
import { DeadLetters } from './routing/dead-letters.ts';
import { LogFollower } from './routing/follower.ts';
import { type ManuallyStarted, ManualStarts } from './routing/manual-starts.ts';
import { HookNotifier } from './routing/hook-notifier.ts';
import { HookStage, type HookStageOptions } from './routing/hook-stage.ts';
import { HookVerdicts } from './routing/hook-verdicts.ts';
import { Hooks } from './routing/hooks/hooks.ts';
import type { CancelRun } from './routing/replacements.ts';
import { type PauseDecision, Pausing } from './routing/pausing.ts';
import { type Replayed, Replays, type Replay } from './routing/replays.ts';
import { ReceiptRecorder } from './routing/receipt-recorder.ts';
import type { Match } from './routing/match.ts';
import { Router } from './routing/router.ts';
import { Pauses } from './runs/pauses.ts';
import type { FindFlow } from './runs/flow-finder.ts';
import type { ManualStart } from './runs/named-start.ts';
import { checkRows, type RowDifference } from './runs/rebuild.ts';
import type { Repair } from './runs/repair.ts';
import { Runner } from './runs/runner.ts';
import type { StepKind } from './runs/step-kind.ts';
import { type Clock, SystemClock } from './std/clock.ts';
import { spaceOf } from './std/free-space.ts';
import type { Logger } from './std/logger.ts';
import { systemRandom } from './std/random.ts';
import type { Service } from './std/service.ts';
import { BuiltInSteps } from './steps/kinds.ts';
import type { LogIdentity, LogRecord, Store, VerifyOptions } from './store/contract.ts';
import { EngineTime } from './store/engine-time.ts';
import { idOf, ownRecord } from './store/record.ts';
import { openDirectoryStore } from './store/sqlite/store.ts';
import type { Stats, Status } from './views/engine-view.ts';
import { viewQueue } from './views/queue-view.ts';

/** The running engine as the server and the command line see it. */
export interface Signalbox {
  readonly store: Store;
  readonly configuration: Configuration;
  /** The catalog in force now. */
  catalog(): Promise<Catalog>;
  /**
   * The catalog under which the event at `seq` is matched; an empty one before the first
   * activation.
   */
  catalogAt(seq: number): Promise<Catalog>;
  /** Reads the configuration's files again and says what they would change. Changes nothing. */
  plan(): Promise<Plan | BadFiles>;
  /**
   * Reads the files again and puts them in force for every later event; runs that are open go on
   * under the catalog they began with. Where the files are bad, all stays as it is. `actor` stands
   * in the record.
   */
  reload(options: { readonly actor: string }): Promise<Reload>;
  /** Records an event and resolves when it is durable. Never throws for a bad draft: it says so. */
  emit(draft: EventDraft): Promise<Admission>;
  /** Starts a flow by its name; the run begins when the router comes to it. */
  trigger(start: ManualStart): Promise<ManuallyStarted>;
  /** Lets a recorded event come once more: to all flows in force, or to one that wants it. */
  replay(replay: Replay): Promise<Replayed>;
  /** What that would mean to the flows. */
  previewReplay(event: LogRecord, flow?: string): Promise<readonly Match[]>;
  /** What a person may do to a run. */
  readonly repair: Repair;
  /**
   * Begins no run of the flow any more, or (without one) of any: their runs are queued. What is
   * under way goes on to its end or its next rest. Holds over restarts; false where it held before.
   * Throws SignalboxError `flow.unknown` and names the flows that there are.
   */
  pause(flow: string | undefined, decision: PauseDecision): Promise<boolean>;
  /** Ends a pause of the same; false where there was none. Throws `flow.unknown` too. */
  resume(flow: string | undefined, decision: Pick<PauseDecision, 'by'>): Promise<boolean>;
  /** What a person may do about what failed. */
  readonly letters: DeadLetters;
  status(): Status;
  stats(): Promise<Stats>;
  /**
   * Reads the whole log again and checks chain, density and sums; `deep` also every page of the
   * file.
   */
  verify(options: VerifyOptions): Promise<VerifyReport>;
  /** Folds the whole log again and compares the rows. */
  rebuildCheck(progress: Progress): Promise<RebuildReport>;
  /** Takes no new work, lets steps end for as long as allowed, closes the store. Safe twice. */
  stop(): Promise<void>;
  /**
   * Settles when the engine can no longer go on, such as after a failed fsync: the process must
   * end.
   */
  readonly failed: Promise<Error>;
}

/** What an engine is opened with. */
export interface OpenOptions {
  readonly configuration: Configuration;
  readonly dataDirectory: string;
  /**
   * `run` routes events and works on runs; `inspect` only reads and records, for commands without a
   * daemon.
   */
  readonly mode: 'run' | 'inspect';
  /** Puts the files' catalog in force where it differs from the one activated last. */
  readonly apply: boolean;
  /** Begins with everything paused. */
  readonly paused?: boolean | undefined;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Kinds of steps beside the built-in ones. */
  readonly kinds?: readonly StepKind[];
}

/** What `emit` answers. */
export type EmitResult = Admission;

/** Told now and then how far a long reading has come. */
export type Progress = (done: number, all: number) => void;

export interface VerifyReport {
  readonly ok: boolean;
  readonly events: number;
  readonly first_bad: { readonly seq: number; readonly reason: string } | null;
  /** What became of the events; null where the log is damaged, so that no sum means anything. */
  readonly sum: AuditReport['sum'] | null;
}

export interface RebuildReport {
  readonly ok: boolean;
  readonly events: number;
  readonly runs: number;
  readonly letters: number;
  /** Each names the run or the dead letter that it is about. */
  readonly differences: readonly ShownDifference[];
}

/** What is wrong where the router does not keep up for so long that no event is taken in. */
const STALLED = 'events have waited too long to be routed, so none is taken in';
type ShownDifference = Omit<RowDifference, 'run'> &
  ({ readonly run: string } | { readonly letter: string });

/** How long steps under way may take to end when the daemon stops. */
const DRAIN_MS = 8_000;

/**
 * Opens the data directory, takes its lock and starts every service.
 *
 * @throws SignalboxError `data.locked` (details `{pid}` of the holder), `data.corrupt`,
 *   `data.newer` (written by a newer version), `data.unusable` (missing rights, not a directory,
 *   read-only, no space).
 */
export async function openSignalbox(options: OpenOptions): Promise<Signalbox> {
  const entry = new URL('store/sqlite/worker.js', import.meta.url);
  const store = await openDirectoryStore(options.dataDirectory, entry);
  try {
    const engine = await assemble(options, store);
    await engine.start();
    return engine;
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Parts {
  readonly options: OpenOptions;
  readonly store: Store;
  readonly catalogs: Catalogs;
  readonly definitions: Definitions;
  readonly steps: BuiltInSteps;
  readonly runner: Runner;
  readonly pausing: Pausing;
  readonly router: Router;
  readonly hooks: Hooks;
  readonly notifier: HookNotifier;
  /** Undefined where no hook is asked about events. */
  readonly stage: HookStage | undefined;
  readonly door: Doorkeeper;
  readonly capacity: Capacity;
  readonly receipts: ReceiptRecorder;
  readonly repair: Repair;
  readonly time: EngineTime;
}

/** Makes every part and hands each what it needs: the one place that knows them all. */
async function assemble(options: OpenOptions, store: Store): Promise<Engine> {
  const { configuration, logger, clock = new SystemClock() } = options;
  const { settings, directory } = configuration;
  const time = new EngineTime(clock, store.identity.lastReceived);
  const owner = store.identity.names[0]?.logId ?? '';
  const steps = new BuiltInSteps({ owner, httpAllow: settings.security.http_allow, clock, logger });
  const kinds = [...steps.kinds, ...(options.kinds ?? [])];
  const shapes = kinds.map(({ shape }) => shape);
  const { variables } = configuration;
  const catalogs = await Catalogs.open(store, (files) => catalogOf(files, shapes, variables));
  const running = options.mode === 'run';
  const definitions = new Definitions({ configuration, running, catalogs, store, time, logger });
  const session = sessionOf(store.identity);
  const findFlow: FindFlow = (catalog, flow) => catalogs.findFlow(catalog, flow);
  const runner = new Runner({
    store,
    session,
    time,
    clock,
    logger,
    directory,
    kinds: new Map(kinds.map((kind) => [kind.shape.kind, kind])),
    findFlow,
    flowsInForce: () => catalogs.flowsInForce(),
    random: systemRandom,
    slots: settings.max_concurrent_handlers,
    drainMs: DRAIN_MS,
  });
  const follower = new LogFollower(store);
  const entry = new URL('routing/hooks/worker.js', import.meta.url);
  const hooks = new Hooks({
    settings: settings.hooks,
    directory,
    environment: process.env,
    entry,
    processes: steps.processes,
    clock,
    logger,
  });
  const notifier = new HookNotifier({ store, hooks, clock, logger });
  const common = { store, catalogs, verdicts: new HookVerdicts(), time, clock, logger };
  const stage = stageOf(hooks, common);
  const cancel: CancelRun = async ({ id }, reason) => {
    await runner.repair.cancel(id, { by: 'signalbox', reason });
  };
  const { capacity, gate } = openBackPressure({
    store,
    rules: { limit: settings.queue_limit, overflow: settings.queue_overflow },
    loopBudget: settings.loop_budget,
    routed: () => router.at,
    queued: (flow) => runner.lanes.queued(flow),
    measureSpace: spaceOf(options.dataDirectory),
    time,
    clock,
    logger,
    random: systemRandom,
  });
  const steering = { hearing: stage, gate, cancel };
  const router = new Router({ ...common, ...steering, follower, runner, session });
  const door = new Doorkeeper(store, time, running ? capacity : undefined);
  const pauses = await Pauses.open(store);
  const pausing = new Pausing({ pauses, runner, catalogs, time });
  const receipts = new ReceiptRecorder({ store, book: door.book, time, clock, logger });
  const { repair } = runner;
  const parts = { options, store, catalogs, definitions, steps, runner, pausing, router, door };
  return new Engine({ ...parts, hooks, notifier, stage, capacity, receipts, repair, time });
}

/** Where nobody is to be asked, nothing stands before the router. */
function stageOf(
  hooks: Hooks,
  common: Omit<HookStageOptions, 'hooks' | 'follower'>,
): HookStage | undefined {
  const asked = hooks.at('event:received');
  if (asked.length === 0) return undefined;
  const follower = new LogFollower(common.store);
  return new HookStage({ ...common, follower, hooks: asked });
}

function sessionOf({ epoch, afterCleanStop }: LogIdentity): {
  epoch: number;
  afterCleanStop: boolean;
} {
  return { epoch, afterCleanStop };
}

class Engine implements Signalbox {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly failed: Promise<Error>;
  readonly repair: Repair;
  readonly letters: DeadLetters;
  readonly #parts: Parts;
  readonly #starts: ManualStarts;
  readonly #replays: Replays;
  readonly #services: readonly Service[];
  #stopping: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.store = parts.store;
    this.configuration = parts.options.configuration;
    this.failed = parts.store.failed;
    this.repair = parts.repair;
    this.letters = new DeadLetters(parts);
    this.#starts = new ManualStarts(parts);
    const { receipts, steps, hooks, notifier, runner, stage, router } = parts;
    this.#replays = new Replays(parts);
    // Stopped last of all, the receipts have every refusal in them.
    this.#services =
      parts.options.mode === 'run'
        ? [receipts, steps, hooks, notifier, runner, ...(stage ? [stage] : []), router]
        : [receipts];
  }

  async start(): Promise<void> {
    const { definitions, options, pausing, router } = this.#parts;
    if (options.mode === 'inspect') return router.load();
    await definitions.start(options.apply);
    await this.#announce();
    await pausing.start(options.paused === true);
    for (const service of this.#services) await service.start();
  }

  async catalog(): Promise<Catalog> {
    return this.catalogAt(Number.POSITIVE_INFINITY);
  }

  async catalogAt(seq: number): Promise<Catalog> {
    return (await this.#parts.catalogs.at(seq)).catalog;
  }

  plan(): Promise<Plan | BadFiles> {
    return this.#parts.definitions.plan();
  }

  async reload({ actor }: { readonly actor: string }): Promise<Reload> {
    const result = await this.#parts.definitions.reload(actor);
    if (result.ok) await this.#parts.runner.useFlows();
    return result;
  }

  pause(flow: string | undefined, decision: PauseDecision): Promise<boolean> {
    return this.#parts.pausing.pause(flow, decision);
  }

  resume(flow: string | undefined, decision: Pick<PauseDecision, 'by'>): Promise<boolean> {
    return this.#parts.pausing.resume(flow, decision);
  }

  emit(draft: EventDraft): Promise<Admission> {
    return this.#parts.door.admit(draft);
  }

  trigger(start: ManualStart): Promise<ManuallyStarted> {
    return this.#starts.start(start);
  }

  replay(replay: Replay): Promise<Replayed> {
    return this.#replays.replay(replay);
  }

  previewReplay(event: LogRecord, flow?: string): Promise<readonly Match[]> {
    return this.#replays.preview(event, flow);
  }

  status(): Status {
    const { catalogs, definitions, pausing, router, runner } = this.#parts;
    const degraded = this.#degraded();
    const paused = pausing.all.map(({ since, ...pause }) => ({ ...pause, since: isoTime(since) }));
    const going = pausing.holdsAll ? 'paused' : 'running';
    const working = degraded.length === 0 ? going : 'degraded';
    return {
      state: this.#stopping === undefined ? working : 'draining',
      degraded,
      paused,
      lag: this.store.head() - router.at,
      running: runner.lanes.taken,
      slots: runner.lanes.slots,
      catalog: catalogs.current,
      pending: definitions.pending,
    };
  }

  #degraded(): Status['degraded'] {
    const { router, door, stage, capacity } = this.#parts;
    const asking = stage?.trouble;
    const stalled = capacity.stalledSince;
    const trouble =
      router.trouble ?? (stalled === undefined ? undefined : { reason: STALLED, since: stalled });
    const full = door.fullSince;
    return [
      ...(trouble === undefined ? [] : [{ part: 'router', ...trouble }]),
      ...(asking === undefined ? [] : [{ part: 'hooks', ...asking }]),
      ...(full === undefined ? [] : [{ part: 'disk', reason: 'the disk is full', since: full }]),
    ].map(({ since, ...what }) => ({ ...what, since: new Date(since).toISOString() }));
  }

  async stats(): Promise<Stats> {
    const { router, receipts } = this.#parts;
    const { started, coalesced, filtered, dropped, unmatched, dead_lettered, ...ended } =
      router.tally;
    const as_of = router.at;
    const events = this.store.head();
    return {
      as_of,
      events,
      dispositions: { started, coalesced, filtered, dropped, unmatched, dead_lettered },
      runs: { ...(await this.store.openRuns()), ...ended },
      queue: viewQueue(await this.store.lanes(), this.#parts.time.now()),
      lag: { router: events - as_of },
      receipts: await receipts.sums(),
    };
  }

  async verify({ deep, progress }: VerifyOptions): Promise<VerifyReport> {
    const log = await this.store.verify({ deep, progress });
    if (log.firstBad !== null) {
      return { ok: false, events: log.events, first_bad: log.firstBad, sum: null };
    }
    const { catalogs, router } = this.#parts;
    const audited = { store: this.store, catalogs, routed: router.at, counted: router.tally };
    const { firstBad, sum } = await auditLog(audited, progress);
    return { ok: firstBad === null, events: log.events, first_bad: firstBad, sum };
  }

  async rebuildCheck(progress: Progress): Promise<RebuildReport> {
    const { differences, ...counted } = await checkRows(this.store, progress);
    const { identity } = this.store;
    const shown = differences.map((found) =>
      'run' in found
        ? { ...found, run: idOf(identity, found.run) }
        : { ...found, letter: idOf(identity, found.letter) },
    );
    return { ok: differences.length === 0, ...counted, differences: shown };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { door, options, store } = this.#parts;
    door.close();
    for (const service of this.#services.toReversed()) await service.stop();
    await store.close({ clean: options.mode === 'run' || store.identity.afterCleanStop });
  }

  /** Says that a daemon has begun, to the log and so to any flow that wants to know. */
  async #announce(): Promise<void> {
    const { time, store } = this.#parts;
    const { incarnation, epoch } = store.identity;
    const cause = { correlation: null, causation: null, hops: 0 };
    const record = ownRecord(
      'daemon.started',
      JSON.stringify({ incarnation, epoch }),
      time.now(),
      cause,
    );
    await store.append({ writes: [{ kind: 'event', record }] });
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
