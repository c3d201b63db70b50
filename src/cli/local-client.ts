import type { Configuration, Loaded } from '../config.ts';
import { settingsSchema } from '../config/settings.ts';
import type { Event } from '../events/event.ts';
import type { Catalog } from '../flows/catalog.ts';
import type { ManualStart } from '../runs/named-start.ts';
import type { RepairRequest } from '../runs/repair.ts';
import { openSignalbox, type Signalbox } from '../signalbox.ts';
import { variablesOf } from '../flows/variables.ts';
import { SystemClock } from '../std/clock.ts';
import { SignalboxError } from '../std/errors.ts';
import { KnownSecrets } from '../std/known-secrets.ts';
import { silentLogger } from '../std/logger.ts';
import type { Store } from '../store/contract.ts';
import { toEvent } from '../store/record.ts';
import { readUncertainEffects } from '../views/effects.ts';
import { findEvent, readEvents } from '../views/event-page.ts';
import { readHistory } from '../views/history.ts';
import { findProposal, readProposals } from '../views/proposal-view.ts';
import { seqOf } from '../views/log-reader.ts';
import { replayRecorded } from '../views/recorded-replay.ts';
import { findReplayable, previewReplay } from '../views/replay-preview.ts';
import { viewGraph } from '../views/graph-view.ts';
import { findRun, readRuns } from '../views/run-page.ts';
import { readSchedules } from '../views/schedule-view.ts';
import { previewSaga } from '../views/saga-view.ts';
import { readTimers } from '../views/timer-view.ts';
import { explainWhy } from '../views/why.ts';
import { explainWhyNot } from '../views/why-not.ts';
import type { Asked, Client, FlowStart, LogRange, RepairedRun, ReplaysClient } from './client.ts';
import { notRecorded } from './emit-lines.ts';
import { localIncidents } from './local-incidents.ts';
import { ACTOR, localLetters } from './local-letters.ts';
import { localTokens } from './local-tokens.ts';

/** Records that are read at once. */
const PAGE_LIMIT = 1_000;

/**
 * Opens a data directory for one command: it reads and records, and works on no run. `files` reads
 * what a plan compares with; the flows of `configuration` are what recorded runs are compared with.
 *
 * @throws SignalboxError as `openSignalbox` does.
 */
export async function openLocalClient(
  dataDirectory: string,
  files: () => Promise<Loaded> = noFiles,
  configuration?: Configuration,
): Promise<Client> {
  const box = await openSignalbox({
    configuration: configuration ?? { ...noConfiguration(dataDirectory), reread: files },
    dataDirectory,
    mode: 'inspect',
    apply: false,
    logger: silentLogger,
  });
  const client = clientOf(box, dataDirectory, files);
  return { ...client, replays: localReplays(box, configuration?.catalog) };
}

function clientOf(
  box: Signalbox,
  dataDirectory: string,
  files: () => Promise<Loaded>,
): Omit<Client, 'replays'> {
  return {
    url: undefined,
    emit: (draft) => box.emit(draft),
    emitInOrder: async () => (draft) => box.emit(draft),
    events: (query) => readEvents(box, query),
    event: (id) => findEvent(box, id),
    follow: () => {
      throw needsDaemon(dataDirectory);
    },
    log: (range) => readLog(box.store, range),
    runs: (query) => readRuns(box, query),
    graph: async () => viewGraph(await box.catalog()),
    run: (id) => findRun(box, id),
    repair: (id, request) => repair(box, id, request),
    why: (id) => explainWhy(box, id),
    saga: (id) => previewSaga(box, id),
    whyNot: (event, flow) => explainWhyNot(box, event, flow),
    history: (query) => readHistory(box, query),
    uncertainEffects: (query) => readUncertainEffects(box, query),
    startFlow: (flow, data, interactive) => startFlow(box, { flow, data, interactive, by: ACTOR }),
    previewStart: () => Promise.reject(needsDaemon(dataDirectory)),
    letters: localLetters(box),
    proposals: {
      list: (query) => readProposals(box.store, query),
      find: (id) => findProposal(box.store, id),
      decide: () => Promise.reject(needsDaemon(dataDirectory)),
      link: () => Promise.reject(needsDaemon(dataDirectory)),
      delegations: () => Promise.reject(needsDaemon(dataDirectory)),
      delegate: () => Promise.reject(needsDaemon(dataDirectory)),
    },
    incidents: localIncidents(box),
    tokens: localTokens(box, files, () => needsDaemon(dataDirectory)),
    plan: () => box.plan(),
    reload: () => Promise.reject(needsDaemon(dataDirectory)),
    ask: () => Promise.reject(needsDaemon(dataDirectory)),
    question: () => Promise.reject(needsDaemon(dataDirectory)),
    autonomy: () => Promise.reject(needsDaemon(dataDirectory)),
    setAutonomy: () => Promise.reject(needsDaemon(dataDirectory)),
    pause: () => Promise.reject(needsDaemon(dataDirectory)),
    resume: () => Promise.reject(needsDaemon(dataDirectory)),
    restartSource: () => Promise.reject(needsDaemon(dataDirectory)),
    limit: () => Promise.reject(needsDaemon(dataDirectory)),
    sources: () => Promise.reject(needsDaemon(dataDirectory)),
    timers: (limit) => readTimers(box.store, { limit }),
    schedules: (count) => readSchedules(box, { now: new SystemClock().now(), count }),
    status: () => Promise.reject(needsDaemon(dataDirectory)),
    stats: () => box.stats(),
    erase: (id, reason) => box.care.erase(id, { by: ACTOR, reason: reason ?? null }),
    backup: (file) => box.care.backup(file),
    verify: (options) => box.verify(options),
    rebuildCheck: (progress) => box.rebuildCheck(progress),
    close: () => box.stop(),
  };
}

async function startFlow(box: Signalbox, start: ManualStart): Promise<FlowStart> {
  const result = await box.trigger(start);
  if (result.kind === 'unknown') throw new SignalboxError('flow.unknown', result.message);
  if (result.kind !== 'accepted') throw notRecorded(result);
  return { event: result.id, seq: result.seq };
}

/** `catalog` is that of the files, where these are what recorded runs are compared with. */
function localReplays(box: Signalbox, catalog: Catalog | undefined): ReplaysClient {
  return {
    preview: (event, flow) => previewReplay(box, event, flow),
    recorded: (event, flow) => {
      const { secrets } = box.configuration;
      return replayRecorded(box, event, { flow, secrets, catalog });
    },
    replay: async (name, flow) =>
      box.replays.replay({ event: await findReplayable(box, name, flow), flow, by: ACTOR }),
  };
}

async function repair(
  box: Signalbox,
  id: string,
  request: Asked<RepairRequest>,
): Promise<RepairedRun> {
  const seq = seqOf(box.store.identity, id);
  if (seq === undefined) throw unknownRun(id);
  const repaired = await box.repair.apply(seq, { ...request, by: ACTOR });
  if (repaired.kind === 'refused') throw new SignalboxError(repaired.code, repaired.message);
  const run = await findRun(box, id);
  if (run === undefined) throw unknownRun(id);
  return { run, pending: repaired.kind === 'pending' };
}

function unknownRun(id: string): SignalboxError {
  return new SignalboxError('run.unknown', `There is no run with the id "${id}".`);
}

async function* readLog(store: Store, { after, until }: LogRange): AsyncGenerator<Event> {
  let at = after;
  while (at < until) {
    const records = await store.read({ after: at, until, limit: PAGE_LIMIT });
    for (const record of records) yield toEvent(record, store.identity);
    at = records.at(-1)?.seq ?? until;
  }
}

function needsDaemon(dataDirectory: string): SignalboxError {
  const message = `No daemon runs on ${dataDirectory}. Start one with: signalbox up`;
  return new SignalboxError('daemon.absent', message);
}

/**
 * What the log was matched under stands in the log. A command that only looks must work where the
 * files are broken or gone.
 */
function noConfiguration(directory: string): Omit<Configuration, 'reread'> {
  return {
    file: '',
    directory,
    catalog: { hash: '', files: [], flows: new Map() },
    settings: settingsSchema.parse({}),
    variables: variablesOf({ env: {}, readFile: () => '' }),
    secrets: new KnownSecrets(),
  };
}

async function noFiles(): Promise<Loaded> {
  return { configuration: undefined, findings: [] };
}
