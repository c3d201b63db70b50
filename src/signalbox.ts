import type { Attribution } from './events/attribution.ts';
import type { Configuration } from './config.ts';
import type { BadFiles, Plan, Reload, ReloadOptions } from './config/definitions.ts';
import type { EventDraft } from './events/event.ts';
import type { IncidentBook } from './coordination/incident-book.ts';
import type { Catalog } from './flows/catalog.ts';
import type { Identity } from './identity/identity.ts';
import type { Admission } from './routing/admission.ts';
import { auditLog } from './routing/audit.ts';
import type { DeadLetters } from './routing/dead-letters.ts';
import { type ManuallyStarted, ManualStarts } from './routing/manual-starts.ts';
import type { AutonomyLevels } from './routing/autonomy-levels.ts';
import type { PauseDecision } from './routing/pausing.ts';
import { Replays } from './routing/replays.ts';
import type { ManualStart } from './runs/named-start.ts';
import type { Deciding } from './runs/deciding.ts';
import type { Repair } from './runs/repair.ts';
import type { SourceView } from './sources/supervised-source.ts';
import { SystemClock } from './std/clock.ts';
import type { Service } from './std/service.ts';
import type { Store } from './store/contract.ts';
import type { VerifyOptions } from './store/verification.ts';
import { type Cause, ownRecord } from './store/record.ts';
import type { RebuildReport, Stats, Status, VerifyReport } from './views/engine-view.ts';
import { type Health, viewHealth } from './views/health-view.ts';
import type { Family } from './views/metrics/family.ts';
import { countOpen, viewQueue } from './views/queue-view.ts';
import type { Judging } from './signalbox/judging-parts.ts';
import { degradedParts } from './signalbox/degraded.ts';
import { type Care, openCare } from './signalbox/care.ts';
import { emitAs } from './signalbox/emit-as.ts';
import { forgetSchedules } from './signalbox/forget-schedules.ts';
import { untilDone } from './signalbox/one-shot.ts';
import type { Remainder } from './signalbox/remainder.ts';
import { openStore } from './signalbox/open-store.ts';
import type { OpenOptions } from './signalbox/options.ts';
import { viewIsolation } from './signalbox/isolation.ts';
import { rebuildCheck } from './signalbox/rebuild-check.ts';
import { assemble, type Parts } from './signalbox/parts.ts';
import type { Deeds } from './signalbox/upkeep.ts';

/** The running engine as the server and the command line see it. */
export interface Signalbox {
  readonly store: Store;
  readonly configuration: Configuration;
  /** Who somebody is, and what they may do. */
  readonly identity: Identity;
  /** The catalog in force now. */
  catalog(): Promise<Catalog>;
  /**
   * The catalog under which the event at a seq is matched, an empty one before the first
   * activation; or the one of a hash.
   */
  catalogAt(place: number | string): Promise<Catalog>;
  /** Reads the configuration's files again and says what they would change. Changes nothing. */
  plan(): Promise<Plan | BadFiles>;
  /**
   * Reads the files again and puts them in force for every later event; runs that are open go on
   * under the catalog they began with. Where the files are bad, all stays as it is. `actor` stands
   * in the record.
   */
  reload(options: ReloadOptions): Promise<Reload>;
  /**
   * Records an event and resolves when it is durable. Never throws for a bad draft: it says so.
   * `cause` is its place in a chain where we know that ourselves.
   */
  emit(draft: EventDraft, cause?: Cause): Promise<Admission>;
  /** Starts a flow by its name; the run begins when the router comes to it. */
  trigger(start: ManualStart): Promise<ManuallyStarted>;
  /** What is wrong, which a person is to know of. */
  readonly incidents: IncidentBook;
  /** Lets recorded events come once more. */
  readonly replays: Replays;
  /** What a person may do to a run. */
  readonly repair: Repair;
  /** Answers what runs propose. */
  readonly deciding: Deciding;
  /**
   * Begins no run of the flow any more, or (without one) of any: their runs are queued. What is
   * under way goes on to its end or its next rest. Holds over restarts; false where it held before.
   * Throws SignalboxError `flow.unknown` and names the flows that there are, and `repair.invalid`
   * for a reason that no log keeps.
   */
  pause(flow: string | undefined, decision: PauseDecision): Promise<boolean>;
  /** Ends a pause of the same; false where there was none. Throws `flow.unknown` too. */
  resume(flow: string | undefined, decision: Attribution): Promise<boolean>;
  /** How much happens without a person. */
  readonly autonomy: AutonomyLevels;
  /** Asks people for scripts and agents, signs links, and knows who decides for whom. */
  readonly judging: Judging;
  /** What a person may do about what failed. */
  readonly letters: DeadLetters;
  /** Restarts sources, and lowers limits of flows. */
  readonly deeds: Deeds;
  /** What is done for the store's own bytes. */
  readonly care: Care;
  status(): Status;
  /** What seed 002 calls the health indicators. */
  health(): Health;
  /** The sources that are open, and how each does. */
  sources(): readonly SourceView[];
  /** Where webhooks are heard, such as `http://127.0.0.1:8766/hooks`; undefined while nobody is. */
  readonly hooksUrl: string | undefined;
  stats(): Promise<Stats>;
  /** What is measured, for whoever collects metrics. Reads nothing of the log. */
  metrics(): Promise<readonly Family[]>;
  /**
   * Reads the whole log again and checks chain, density and sums; `deep` also every page of the
   * file.
   */
  verify(options: VerifyOptions): Promise<VerifyReport>;
  /** Folds the whole log again and compares the rows. */
  rebuildCheck(progress: Progress): Promise<RebuildReport>;
  /**
   * Resolves once nothing is left to do: the sources have told what they missed, and all that came
   * of it, and of what else came, has ended. What a person holds back is left.
   */
  untilDone(): Promise<Remainder>;
  /** Takes no new work, lets steps end for as long as allowed, closes the store. Safe twice. */
  stop(): Promise<void>;
  /**
   * Settles when the engine can no longer go on, such as after a failed fsync: the process must
   * end.
   */
  readonly failed: Promise<Error>;
}

/** What `emit` answers. */
export type EmitResult = Admission;

/** Told now and then how far a long reading has come. */
export type Progress = (done: number, all: number) => void;

/**
 * Opens the data directory, takes its lock and starts every service.
 *
 * @throws SignalboxError `data.locked` (details `{pid}` of the holder), `data.corrupt`,
 *   `data.newer` (written by a newer version), `data.unusable` (missing rights, not a directory,
 *   read-only, no space); `store.elsewhere`, and `store.driver_missing` for PostgreSQL without
 *   `pg`.
 */
export async function openSignalbox(options: OpenOptions): Promise<Signalbox> {
  return openEngine(options, await openStore(options));
}

/** The same on a store that is open already: the engine closes it. */
export async function openEngine(options: OpenOptions, store: Store): Promise<Signalbox> {
  try {
    const engine = new Engine(await assemble(options, store));
    await engine.start();
    return engine;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class Engine implements Signalbox {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly failed: Promise<Error>;
  readonly identity: Identity;
  readonly repair: Repair;
  readonly deciding: Deciding;
  readonly letters: DeadLetters;
  readonly deeds: Deeds;
  readonly incidents: IncidentBook;
  readonly replays: Replays;
  readonly care: Care;
  readonly autonomy: AutonomyLevels;
  readonly judging: Judging;
  readonly #parts: Parts;
  readonly #starts: ManualStarts;
  readonly #services: readonly Service[];
  /** Where the log ended when this engine was made. */
  readonly #since: number;
  #stopping: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.store = parts.store;
    this.#since = parts.store.head();
    this.configuration = parts.options.configuration;
    this.failed = parts.store.failed;
    this.identity = parts.identity;
    this.repair = parts.repair;
    this.deciding = parts.runner.deciding;
    this.letters = parts.letters;
    this.deeds = parts.deeds;
    this.care = openCare(parts);
    this.incidents = parts.incidents;
    this.autonomy = parts.autonomy;
    this.judging = parts;
    this.#starts = new ManualStarts(parts);
    const { receipts, steps, hooks, hookNotifier, notifier, notices, failures } = parts;
    const { quotas, runner, stage, router, sources, proposals, reminders } = parts;
    const { meter, tracer, keeper, stateFile, retention, ballast } = parts;
    this.replays = new Replays(parts);
    // Stopped last of all, the receipts have every refusal in them.
    this.#services =
      parts.options.mode === 'run'
        ? [
            meter,
            receipts,
            parts.incidents,
            ...(tracer ? [tracer] : []),
            keeper,
            ...(stateFile ? [stateFile] : []),
            steps,
            hooks,
            hookNotifier,
            notifier,
            notices,
            failures,
            reminders,
            quotas,
            runner,
            proposals,
            ...(stage ? [stage] : []),
            router,
            sources,
            retention,
            ...(ballast ? [ballast] : []),
          ]
        : [receipts];
  }

  async start(): Promise<void> {
    const { catalogs, definitions, options, pausing, router } = this.#parts;
    if (options.mode === 'inspect') return router.load();
    await definitions.start(options.apply);
    await this.#announce();
    await pausing.start(options.paused === true);
    if (!this.configuration.settings.persist_last_run) await forgetSchedules(this.store, catalogs);
    await this.#parts.erasures.complete();
    for (const service of this.#services) await service.start();
  }

  async catalog(): Promise<Catalog> {
    return this.catalogAt(Number.POSITIVE_INFINITY);
  }

  async catalogAt(place: number | string): Promise<Catalog> {
    return (await this.#parts.catalogs.at(place)).catalog;
  }

  plan(): Promise<Plan | BadFiles> {
    return this.#parts.definitions.plan();
  }

  async reload(options: ReloadOptions): Promise<Reload> {
    const result = await this.#parts.definitions.reload(options);
    if (result.ok) {
      this.identity.usePeople(this.#parts.definitions.people);
      await this.#parts.runner.useFlows();
      await this.#parts.quotas.refresh();
      await this.#parts.sources.refresh();
    }
    return result;
  }

  pause(flow: string | undefined, decision: PauseDecision): Promise<boolean> {
    return this.#parts.pausing.pause(flow, decision);
  }

  resume(flow: string | undefined, decision: Attribution): Promise<boolean> {
    return this.#parts.pausing.resume(flow, decision);
  }

  emit(draft: EventDraft, cause?: Cause): Promise<Admission> {
    const { door, tellings } = this.#parts;
    return emitAs(tellings, draft, cause, () => door.admit(draft, cause));
  }

  trigger(start: ManualStart): Promise<ManuallyStarted> {
    return this.#starts.start(start);
  }

  sources(): readonly SourceView[] {
    return this.#parts.sources.views();
  }

  get hooksUrl(): string | undefined {
    const { url } = this.#parts.webhooks;
    return url === undefined ? undefined : `${url}/hooks`;
  }

  status(): Status {
    const { catalogs, definitions, pausing, router, runner } = this.#parts;
    const degraded = degradedParts(this.#parts);
    const paused = pausing.all.map(({ since, ...pause }) => {
      return { ...pause, since: new Date(since).toISOString() };
    });
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
      isolation: viewIsolation(this.#parts.isolation),
      store: this.store.care === undefined ? 'postgres' : 'sqlite',
      sources: this.sources(),
      storage: this.#parts.retention.view,
    };
  }

  health(): Health {
    const { meter, options } = this.#parts;
    const { clock = new SystemClock() } = options;
    const uptimeMs = clock.now() - meter.began;
    return viewHealth({ status: this.status(), heard: meter.heard, uptimeMs });
  }

  async stats(): Promise<Stats> {
    const { router, receipts } = this.#parts;
    const { started, coalesced, held, filtered, dropped, unmatched, dead_lettered, ...ended } =
      router.tally;
    const as_of = router.at;
    const events = this.store.head();
    const [lanes, storage, sums] = await Promise.all([
      this.store.lanes(),
      this.#parts.retention.fresh(),
      receipts.sums(),
    ]);
    return {
      as_of,
      events,
      dispositions: { started, coalesced, filtered, dropped, unmatched, dead_lettered },
      waiting: held + events - as_of,
      runs: { ...countOpen(lanes), ...ended },
      queue: viewQueue(lanes, this.#parts.time.now()),
      lag: { router: events - as_of },
      receipts: sums,
      storage,
    };
  }

  async metrics(): Promise<readonly Family[]> {
    const { meter, tracer } = this.#parts;
    const families = await meter.families({ status: this.status(), stats: await this.stats() });
    return [...families, ...(tracer?.families() ?? [])];
  }

  verify(options: VerifyOptions): Promise<VerifyReport> {
    return this.#parts.retention.aside(() => this.#verify(options));
  }

  async #verify({ deep, progress }: VerifyOptions): Promise<VerifyReport> {
    const log = await this.store.verify({ deep, progress });
    const { firstBad: damage, ...told } = log;
    if (damage !== null) {
      return { ...told, ok: false, first_bad: damage, sum: null };
    }
    const { catalogs, router } = this.#parts;
    const audited = { store: this.store, catalogs, routed: router.at, counted: router.tally };
    const { firstBad, sum } = await auditLog(audited, progress);
    return { ...told, ok: firstBad === null, first_bad: firstBad, sum };
  }

  rebuildCheck(progress: Progress): Promise<RebuildReport> {
    return this.#parts.retention.aside(() => rebuildCheck(this.store, progress));
  }

  untilDone(): Promise<Remainder> {
    const { clock = new SystemClock() } = this.#parts.options;
    return untilDone(this.#parts, { since: this.#since, clock });
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
