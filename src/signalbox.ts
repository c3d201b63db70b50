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
import { ReceiptRecorder } from './routing/receipt-recorder.ts';
import type { ReceiptSums } from './routing/receipts.ts';
import { Router } from './routing/router.ts';
import type { Tally } from './routing/tally.ts';
import type { FindFlow } from './runs/flow-finder.ts';
import { Forks, type ForksOptions } from './runs/forks.ts';
import type { ManualStart } from './runs/named-start.ts';
import { checkRows, type RowDifference } from './runs/rebuild.ts';
import { Repair } from './runs/repair.ts';
import { Runner } from './runs/runner.ts';
import type { StepKind } from './runs/step-kind.ts';
import { type Clock, SystemClock } from './std/clock.ts';
import { spaceOf } from './std/free-space.ts';
import type { Logger } from './std/logger.ts';
import { systemRandom } from './std/random.ts';
import type { Service } from './std/service.ts';
import { BuiltInSteps } from './steps/kinds.ts';
import type { LogIdentity, OpenRuns, Store, VerifyOptions } from './store/contract.ts';
import { EngineTime } from './store/engine-time.ts';
import { idOf, ownRecord } from './store/record.ts';
import { openDirectoryStore } from './store/sqlite/store.ts';

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
  /** What a person may do to a run. */
  readonly repair: Repair;
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
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Kinds of steps beside the built-in ones. */
  readonly kinds?: readonly StepKind[];
}

/** What `emit` answers. */
export type EmitResult = Admission;

/** How the engine is right now. */
export interface Status {
  readonly state: 'running' | 'degraded' | 'draining';
  readonly degraded: readonly {
    readonly part: string;
    readonly reason: string;
    readonly since: string;
  }[];
  /** Events that the router has not seen yet. */
  readonly lag: number;
  /** Runs under way, and how many may be. */
  readonly running: number;
  readonly slots: number;
  /** The hash of the catalog in force. */
  readonly catalog: string | undefined;
  /**
   * The hash of a catalog in the files that differs from the one in force; undefined where none
   * does.
   */
  readonly pending: string | undefined;
}

/** What may become of an event at a flow, or at none. */
type DispositionTerm =
  | 'started'
  | 'coalesced'
  | 'filtered'
  | 'dropped'
  | 'unmatched'
  | 'dead_lettered';

export interface Stats {
  /** The seq up to which the dispositions are counted. */
  readonly as_of: number;
  readonly events: number;
  readonly dispositions: Pick<Tally, DispositionTerm>;
  readonly runs: OpenRuns & Pick<Tally, 'succeeded' | 'failed' | 'noop'>;
  readonly lag: { readonly router: number };
  /** What came that was not recorded as a new event, since the log began, and by source. */
  readonly receipts: ReceiptSums;
}

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
  readonly router: Router;
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
  const router = new Router({
    store,
    follower,
    catalogs,
    runner,
    session,
    time,
    clock,
    logger,
    gate,
    cancel: async ({ id }, reason) => {
      await runner.repair.cancel(id, { by: 'signalbox', reason });
    },
  });
  const door = new Doorkeeper(store, time, running ? capacity : undefined);
  const receipts = new ReceiptRecorder({ store, book: door.book, time, clock, logger });
  const repair = running ? runner.repair : repairFromOutside({ store, time, findFlow });
  const parts = { options, store, catalogs, definitions, steps, runner, router, door };
  return new Engine({ ...parts, capacity, receipts, repair, time });
}

/** What is done to a run where nobody works on runs: the next daemon goes on from there. */
function repairFromOutside(options: ForksOptions & { readonly time: EngineTime }): Repair {
  return new Repair({
    ...options,
    forks: new Forks(options),
    driver: undefined,
    moved: () => {},
  });
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
    const { receipts, steps, runner, router } = parts;
    // Stopped last of all, the receipts have every refusal in them.
    this.#services = parts.options.mode === 'run' ? [receipts, steps, runner, router] : [receipts];
  }

  async start(): Promise<void> {
    const { definitions, options, router } = this.#parts;
    if (options.mode === 'inspect') return router.load();
    await definitions.start(options.apply);
    await this.#announce();
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

  reload({ actor }: { readonly actor: string }): Promise<Reload> {
    return this.#parts.definitions.reload(actor);
  }

  emit(draft: EventDraft): Promise<Admission> {
    return this.#parts.door.admit(draft);
  }

  trigger(start: ManualStart): Promise<ManuallyStarted> {
    return this.#starts.start(start);
  }

  status(): Status {
    const { catalogs, definitions, router, runner } = this.#parts;
    const degraded = this.#degraded();
    const working = degraded.length === 0 ? 'running' : 'degraded';
    return {
      state: this.#stopping === undefined ? working : 'draining',
      degraded,
      lag: this.store.head() - router.at,
      running: runner.lanes.taken,
      slots: runner.lanes.slots,
      catalog: catalogs.current,
      pending: definitions.pending,
    };
  }

  #degraded(): Status['degraded'] {
    const { router, door, capacity } = this.#parts;
    const stalled = capacity.stalledSince;
    const trouble =
      router.trouble ?? (stalled === undefined ? undefined : { reason: STALLED, since: stalled });
    const full = door.fullSince;
    return [
      ...(trouble === undefined ? [] : [{ part: 'router', ...trouble }]),
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
