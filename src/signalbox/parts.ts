import { resolve } from 'node:path';
import { catalogOf, type Configuration } from '../config.ts';
import { Definitions } from '../config/definitions.ts';
import type { Settings } from '../config/settings.ts';
import { Doorkeeper } from '../routing/admission.ts';
import { openBackPressure } from '../routing/back-pressure.ts';
import type { Capacity } from '../routing/capacity.ts';
import { Catalogs } from '../routing/catalogs.ts';
import { LogFollower } from '../routing/follower.ts';
import { HookNotifier } from '../routing/hook-notifier.ts';
import { HookStage, type HookStageOptions } from '../routing/hook-stage.ts';
import { HookVerdicts } from '../routing/hook-verdicts.ts';
import { Hooks } from '../routing/hooks/hooks.ts';
import type { CancelRun } from '../routing/replacements.ts';
import { Pausing } from '../routing/pausing.ts';
import { ReceiptRecorder } from '../routing/receipt-recorder.ts';
import { Router } from '../routing/router.ts';
import { Pauses } from '../runs/pauses.ts';
import type { FindFlow } from '../runs/flow-finder.ts';
import type { Repair } from '../runs/repair.ts';
import { Runner } from '../runs/runner.ts';
import { builtInSources } from '../sources/kinds.ts';
import { Sources } from '../sources/sources.ts';
import { HookListener } from '../sources/webhook/listener.ts';
import { type Clock, SystemClock } from '../std/clock.ts';
import { spaceOf } from '../std/free-space.ts';
import { systemRandom } from '../std/random.ts';
import { BuiltInSteps } from '../steps/kinds.ts';
import type { LogIdentity, Store } from '../store/contract.ts';
import { EngineTime } from '../store/engine-time.ts';
import { openLogDoor } from './log-door.ts';
import type { OpenOptions } from './options.ts';
import { openLogFeed } from './log-feed.ts';
import { StateFile, type StateFileOptions } from './state-file.ts';
import { HOOKS_THREAD } from './threads.ts';

/** How long steps under way may take to end when the daemon stops. */
const DRAIN_MS = 8_000;

/** The parts of an engine, each made and none started. */
export interface Parts {
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
  readonly sources: Sources;
  /** Where webhooks are heard, while there are sources for them. */
  readonly webhooks: HookListener;
  /** Undefined where no file is to be kept. */
  readonly stateFile: StateFile | undefined;
  readonly repair: Repair;
  readonly time: EngineTime;
}

/** Makes every part and hands each what it needs: the one place that knows them all. */
export async function assemble(options: OpenOptions, store: Store): Promise<Parts> {
  const { configuration, logger, clock = new SystemClock() } = options;
  const { settings, directory } = configuration;
  const time = new EngineTime(clock, store.identity.lastReceived);
  const owner = store.identity.names[0]?.logId ?? '';
  const steps = openSteps(options, { owner, clock });
  const kinds = [...steps.kinds, ...(options.kinds ?? [])];
  const shapes = kinds.map(({ shape }) => shape);
  const { variables } = configuration;
  const catalogs = await Catalogs.open(store, (files, ownActors) =>
    catalogOf({ files, ownActors }, shapes, variables),
  );
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
  const hooks = new Hooks({
    settings: settings.hooks,
    directory,
    environment: process.env,
    entry: HOOKS_THREAD,
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
    ...common,
    settings,
    routed: () => router.at,
    queued: (flow) => runner.lanes.queued(flow),
    measureSpace: spaceOf(options.dataDirectory),
  });
  const steering = { hearing: stage, gate, cancel };
  const router = new Router({ ...common, ...steering, follower, runner, session });
  const door = new Doorkeeper(store, time, running ? capacity : undefined);
  const pauses = await Pauses.open(store);
  const pausing = new Pausing({ pauses, runner, catalogs, time });
  const receipts = new ReceiptRecorder({ store, book: door.book, time, clock, logger });
  const webhooks = openHookListener(settings);
  const stateFile = stateFileOf(configuration, { store, router, catalogs, time, clock, logger });
  const reached = { store, door, catalogs, time, clock, webhooks, stateFile };
  const sources = openSources(options, reached);
  const { repair } = runner;
  const parts = { options, store, catalogs, definitions, steps, runner, pausing, router, door };
  const more = { hooks, notifier, stage, capacity, receipts, sources, stateFile };
  return { ...parts, ...more, webhooks, repair, time };
}

function stateFileOf(
  { settings, directory }: Configuration,
  parts: Omit<StateFileOptions, 'directory' | 'path'>,
): StateFile | undefined {
  const path = settings.state_file;
  return path === undefined ? undefined : new StateFile({ ...parts, directory, path });
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
}

function openSources(options: OpenOptions, parts: SourceParts): Sources {
  const { configuration, logger, sourceKinds = [], sources: only } = options;
  const { directory } = configuration;
  const { store, catalogs, clock, webhooks, stateFile } = parts;
  const dataDirectory = resolve(options.dataDirectory);
  const feed = openLogFeed(store);
  const isOurs = (path: string): boolean => stateFile?.writes(path) === true;
  return new Sources({
    kinds: [...builtInSources({ webhooks, feed, dataDirectory, isOurs }), ...sourceKinds],
    inForce: () => catalogs.sourcesInForce(),
    only,
    door: openLogDoor({ ...parts, logger }),
    directory,
    aliveUntil: store.head() === 0 ? undefined : store.identity.lastReceived,
    clock,
    random: systemRandom,
    logger,
  });
}

function openSteps(
  { configuration, dataDirectory, logger }: OpenOptions,
  made: { readonly owner: string; readonly clock: Clock },
): BuiltInSteps {
  const { models, security } = configuration.settings;
  const httpAllow = security.http_allow;
  return new BuiltInSteps({ ...made, httpAllow, models, dataDirectory, logger });
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
