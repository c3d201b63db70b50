import { join, resolve } from 'node:path';
import { catalogOf } from '../config.ts';
import type { IncidentBook } from '../coordination/incident-book.ts';
import type { Notifier } from '../channels/notifier.ts';
import type { ProposalNotices } from '../channels/proposal-notices.ts';
import { Definitions } from '../config/definitions.ts';
import type { Settings } from '../config/settings.ts';
import type { StepShape } from '../flows/step-shape.ts';
import { Identity } from '../identity/identity.ts';
import { Doorkeeper } from '../routing/admission.ts';
import { type BackPressureOptions, openBackPressure } from '../routing/back-pressure.ts';
import type { Capacity } from '../routing/capacity.ts';
import { Catalogs } from '../routing/catalogs.ts';
import { EventWaits, type EventWaitsOptions } from '../routing/event-waits.ts';
import { LogFollower } from '../routing/follower.ts';
import { HookNotifier } from '../routing/hook-notifier.ts';
import { HookStage, type HookStageOptions } from '../routing/hook-stage.ts';
import { HookVerdicts } from '../routing/hook-verdicts.ts';
import { Hooks } from '../routing/hooks/hooks.ts';
import type { CancelRun } from '../routing/replacements.ts';
import { Pausing } from '../routing/pausing.ts';
import { ReceiptRecorder } from '../routing/receipt-recorder.ts';
import { Router } from '../routing/router.ts';
import type { SourceQuotas } from '../routing/source-quotas.ts';
import { Pauses } from '../runs/pauses.ts';
import type { OpenAccess } from '../runs/driven-context.ts';
import { LoweredLimits } from '../runs/lowered-limits.ts';
import type { Repair } from '../runs/repair.ts';
import { ProposalTimer } from '../runs/proposal-timer.ts';
import { Runner, type RunnerOptions } from '../runs/runner.ts';
import { Tellings } from '../runs/tellings.ts';
import type { StepKind } from '../runs/step-kind.ts';
import { builtInSources } from '../sources/kinds.ts';
import type { LogDoor } from '../sources/door.ts';
import { Sources } from '../sources/sources.ts';
import { HookListener } from '../sources/webhook/listener.ts';
import { type Clock, SystemClock } from '../std/clock.ts';
import { anySpace, type MeasureSpace, spaceOf } from '../std/free-space.ts';
import type { MeasuredIsolation } from '../std/isolation/isolation.ts';
import { systemRandom } from '../std/random.ts';
import type { BuiltInSteps } from '../steps/kinds.ts';
import type { LogIdentity, Store } from '../store/contract.ts';
import type { Upkeep } from '../steps/tools/signalbox.ts';
import { isCriticalNotice } from '../steps/critical-notice.ts';
import type { FindTool } from '../steps/tools/own/call.ts';
import { KeyRing } from '../store/secrets/key-ring.ts';
import { SecretTable } from '../store/secrets/secret-table.ts';
import { EngineTime } from '../store/engine-time.ts';
import { isolate } from './isolation.ts';
import { type CareParts, openCareParts } from './care-parts.ts';
import { openActing } from './acting.ts';
import { type JudgingParts, openJudgingParts } from './judging-parts.ts';
import { openLogDoor } from './log-door.ts';
import { type Observers, openObservers } from './observers.ts';
import type { OpenOptions } from './options.ts';
import { openLogFeed } from './log-feed.ts';
import { secretGuard } from './secret-guard.ts';
import { SecretKeeper } from './secret-keeper.ts';
import { startedConfiguration } from './settings-in-force.ts';
import { StateFile, type StateFileOptions } from './state-file.ts';
import { HOOKS_THREAD } from './threads.ts';
import { openTold } from './told.ts';
import { openUpkeep, type Upkeeping } from './upkeep.ts';

/** How long steps under way may take to end when the daemon stops. */
const DRAIN_MS = 8_000;

/** The parts of an engine, each made and none started. */
export interface Parts extends CareParts, Observers, JudgingParts, Upkeeping {
  readonly options: OpenOptions;
  readonly store: Store;
  readonly identity: Identity;
  readonly catalogs: Catalogs;
  readonly definitions: Definitions;
  readonly steps: BuiltInSteps;
  readonly runner: Runner;
  readonly pausing: Pausing;
  readonly router: Router;
  readonly hooks: Hooks;
  readonly hookNotifier: HookNotifier;
  /** Who tells people. */
  readonly notifier: Notifier;
  readonly notices: ProposalNotices;
  readonly incidents: IncidentBook;
  /** Undefined where no hook is asked about events. */
  readonly stage: HookStage | undefined;
  readonly door: Doorkeeper;
  readonly capacity: Capacity;
  readonly quotas: SourceQuotas;
  readonly receipts: ReceiptRecorder;
  /** Of what came in events and is sealed beside the log. */
  readonly keeper: SecretKeeper;
  readonly sources: Sources;
  /** Where webhooks are heard, while there are sources for them. */
  readonly webhooks: HookListener;
  /** Undefined where no file is to be kept. */
  readonly stateFile: StateFile | undefined;
  readonly repair: Repair;
  /** Ends what nobody answers. */
  readonly proposals: ProposalTimer;
  /** What commands send as their runs'. */
  readonly tellings: Tellings;
  readonly time: EngineTime;
  readonly isolation: MeasuredIsolation;
}

/** Makes every part and hands each what it needs: the one place that knows them all. */
export async function assemble(given: OpenOptions, store: Store): Promise<Parts> {
  const { logger, clock = new SystemClock(), random = systemRandom } = given;
  const catalogs = await openCatalogs(given, store, () => kinds);
  const { configuration, before } = await startedConfiguration(given, catalogs);
  const options = { ...given, configuration };
  const { settings, directory, secrets } = configuration;
  const time = new EngineTime(clock, store.identity.lastReceived);
  const isolation = await isolate(options);
  const findTool: FindTool = (catalog, tool) => catalogs.findTool(catalog, tool);
  const told = openTold(options, () => ({ definitions, linkKey: judging.linkKey }));
  const upkeep: Upkeep = (...asked) => upkeeping.deeds.ask(...asked);
  const stands = { findTool, upkeep, ...told, store, time, clock, random };
  const acting = openActing(options, stands, isolation.isolation);
  const kinds = kindsOf(acting.steps.kinds, options.kinds);
  const identity = await openIdentity(options, { store, time, clock });
  const running = options.mode === 'run';
  const common = { store, catalogs, verdicts: new HookVerdicts(), time, clock, logger, random };
  const definitions = new Definitions({ ...common, configuration, before, running });
  const { table, keeper, guard } = openSecrets(options, { store, time, clock });
  const [session, tellings] = [sessionOf(store.identity), new Tellings()];
  const limits = await LoweredLimits.open({ store, time });
  const waits = openWaits(common, () => runner);
  const judging = await openJudgingParts(options, { ...common, definitions, identity });
  const runner: Runner = new Runner({
    ...common,
    session,
    directory,
    secrets: { known: secrets, table },
    kinds: new Map(kinds.map((kind) => [kind.shape.kind, kind])),
    ...definitionsIn(catalogs),
    access: accessOf(options, identity),
    judging: judging.judges,
    deciders: judging.deciders,
    tellings,
    flowsInForce: async () => limits.applied(await catalogs.flowsInForce()),
    slots: settings.max_concurrent_handlers,
    isExpress: isCriticalNotice,
    drainMs: DRAIN_MS,
    waits,
  });
  const hooking = openHooks(options, acting.steps, common);
  const { stage } = hooking;
  const measureSpace = spaceOfLog(options, store);
  const { capacity, gate, quotas } = openBackPressure({
    ...common,
    settings,
    ...countedBy(catalogs, () => runner),
    routed: () => router.at,
    measureSpace,
  });
  const steering = { hearing: stage, gate, cancel: cancelBy(runner), waits };
  const follower = new LogFollower(store);
  const router = new Router({ ...common, ...steering, follower, runner, session });
  const door = new Doorkeeper(store, time, running ? { capacity, quotas } : {});
  const pausing = new Pausing({ pauses: await Pauses.open(store), runner, catalogs, time });
  const receipts = new ReceiptRecorder({ store, book: door.book, time, clock, logger });
  const webhooks = openHookListener(settings);
  const stateFile = stateFileOf(options, { store, router, catalogs, time, clock });
  const reached = { store, door, catalogs, time, clock, webhooks, stateFile, guard, quotas };
  const sources = openSources(options, reached);
  const observers = openObservers(options, common);
  const care = openCareParts(options, { ...common, ...observers, measureSpace, router, door });
  const parts = { options, store, catalogs, definitions, runner, pausing, router, door };
  const more = { ...hooking, keeper, capacity, quotas, receipts, sources, stateFile };
  const { repair, deciding } = runner;
  const upkeeping = await openUpkeep({ ...common, limits, pausing, runner, sources });
  const proposals = new ProposalTimer({ ...common, deciding });
  const others = { proposals, isolation, identity, webhooks, repair, time, tellings, ...upkeeping };
  return { ...parts, ...acting, ...more, ...care, ...observers, ...others, ...judging };
}

/** Of whom what waits is counted; the runner is made later. */
function countedBy(
  catalogs: Catalogs,
  runner: () => Runner,
): Pick<BackPressureOptions, 'sourcesInForce' | 'queued'> {
  return {
    sourcesInForce: () => catalogs.sourcesInForce(),
    queued: (flow) => runner().lanes.queued(flow),
  };
}

/** The room for the log: where another machine or none keeps it, nobody here can measure that. */
function spaceOfLog({ inMemory, dataDirectory }: OpenOptions, { care }: Store): MeasureSpace {
  return inMemory === true || care === undefined ? anySpace : spaceOf(dataDirectory);
}

/** The catalogs of the log; the kinds of steps that they are parsed with are made later. */
function openCatalogs(
  { configuration: { variables, secrets } }: OpenOptions,
  store: Store,
  kinds: () => readonly StepKind[],
): Promise<Catalogs> {
  return Catalogs.open(store, (files, ownActors) =>
    catalogOf({ files, ownActors, noteSecret: secrets.note }, shapesOf(kinds()), variables),
  );
}

/** Where runs find their definitions. */
function definitionsIn(catalogs: Catalogs): Pick<RunnerOptions, 'findFlow' | 'catalogNamed'> {
  return {
    findFlow: (catalog, flow) => catalogs.findFlow(catalog, flow),
    catalogNamed: (start) => catalogs.named(start),
  };
}

/** Who shows events to runs; the runner that these are given by is made later. */
function openWaits(common: Omit<EventWaitsOptions, 'give'>, runner: () => Runner): EventWaits {
  return new EventWaits({ ...common, give: (...given) => runner().take(...given) });
}

function openHooks(
  { configuration, hooks: code }: OpenOptions,
  { processes }: Pick<BuiltInSteps, 'processes'>,
  common: Omit<HookStageOptions, 'hooks' | 'follower'>,
): Pick<Parts, 'hooks' | 'hookNotifier' | 'stage'> {
  const { settings, directory } = configuration;
  const { store, clock, logger } = common;
  const hooks = new Hooks({
    processes,
    clock,
    settings: settings.hooks,
    code,
    directory,
    environment: process.env,
    entry: HOOKS_THREAD,
    logger,
  });
  const hookNotifier = new HookNotifier({ store, hooks, clock, logger });
  return { hooks, hookNotifier, stage: stageOf(hooks, common) };
}

function openIdentity(
  { configuration, logger }: OpenOptions,
  made: { readonly store: Store; readonly time: EngineTime; readonly clock: Clock },
): Promise<Identity> {
  return Identity.open({ ...made, people: configuration.settings.people, logger });
}

/** The way of a run to the daemon: its token is made at once, as long as it is under way. */
function accessOf({ apiUrl }: OpenOptions, { runs }: Identity): OpenAccess | undefined {
  if (apiUrl === undefined) return undefined;
  return async (run) => {
    const token = runs.tokenFor(run);
    const url = await apiUrl;
    return url === undefined ? undefined : { url, token };
  };
}

/** Cancels runs in the engine's own name. */
function cancelBy({ repair }: Runner): CancelRun {
  return async ({ id }, reason) => {
    await repair.cancel(id, { by: 'signalbox', reason });
  };
}

function shapesOf(kinds: readonly StepKind[]): StepShape[] {
  return kinds.map(({ shape }) => shape);
}

/** All kinds of steps; of two of one kind, the engine's user has the say. */
function kindsOf(builtIn: readonly StepKind[], given: OpenOptions['kinds'] = []): StepKind[] {
  const own = typeof given === 'function' ? given(builtIn) : given;
  const isOurs = ({ shape }: StepKind): boolean =>
    !own.some((kind) => kind.shape.kind === shape.kind);
  return [...builtIn.filter(isOurs), ...own];
}

function stateFileOf(
  { configuration, inMemory = false, logger }: OpenOptions,
  parts: Omit<StateFileOptions, 'directory' | 'path' | 'logger'>,
): StateFile | undefined {
  const { settings, directory } = configuration;
  const path = settings.state_file;
  if (path === undefined || inMemory) return undefined;
  return new StateFile({ ...parts, directory, path, logger });
}

/** Opens nothing before there is a source for it. */
function openHookListener({ webhook_host, webhook_port, hosts }: Settings): HookListener {
  return new HookListener({ host: webhook_host, port: webhook_port, hosts });
}

interface SourceParts {
  readonly store: Store;
  readonly door: Doorkeeper;
  readonly catalogs: Catalogs;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly webhooks: HookListener;
  readonly stateFile: StateFile | undefined;
  readonly guard: LogDoor['guard'];
  readonly quotas: SourceQuotas;
}

function openSources(options: OpenOptions, parts: SourceParts): Sources {
  const { configuration, logger, sourceKinds = [], sources: only, random = systemRandom } = options;
  const { directory } = configuration;
  const { store, catalogs, clock, webhooks, stateFile, quotas } = parts;
  const dataDirectory = resolve(options.dataDirectory);
  const feed = openLogFeed(store);
  const isOurs = (path: string): boolean => stateFile?.writes(path) === true;
  return new Sources({
    kinds: [...builtInSources({ webhooks, feed, dataDirectory, isOurs }), ...sourceKinds],
    inForce: () => catalogs.sourcesInForce(),
    only,
    door: openLogDoor({ ...parts, logger }),
    quotaOf: (source) => quotas.of(source),
    directory,
    aliveUntil: store.head() === 0 ? undefined : store.identity.lastReceived,
    clock,
    random,
    logger,
  });
}

interface Secrets {
  readonly table: SecretTable;
  readonly keeper: SecretKeeper;
  readonly guard: LogDoor['guard'];
}

/** What comes in events and is secret. */
function openSecrets(
  { dataDirectory, inMemory = false, configuration, logger }: OpenOptions,
  { store, time, clock }: Pick<SourceParts, 'store' | 'time' | 'clock'>,
): Secrets {
  const ring = new KeyRing(inMemory ? undefined : join(dataDirectory, 'secrets.key'));
  const table = new SecretTable({ store, ring, now: () => time.now() });
  const keeper = new SecretKeeper(table, clock, logger);
  return { table, keeper, guard: secretGuard(table, configuration.secrets) };
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
