import { join } from 'node:path';
import type { Configuration } from '../../src/config.ts';
import { loadConfiguration } from '../../src/config.ts';
import type { Event } from '../../src/events/event.ts';
import { openEngine, type Signalbox } from '../../src/signalbox.ts';
import { VirtualTime } from '../../src/signalbox/testing/virtual-time.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { type Random, seededRandom } from '../../src/std/random.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { toEvent } from '../../src/store/record.ts';
import { configurationFolder, SEED_FLOW } from '../fixtures/choreography-box.ts';
import { SimulatedDisk } from '../simulation/disk/simulated-disk.ts';
import type { WasmSqlite } from '../simulation/disk/wasm-driver.ts';

/** Flows in place of the tools, and rules that go round until their breaker ends it. */
const FILES = {
  'choreographies/commit_flow.yaml': SEED_FLOW,
  'choreographies/rounds.yaml': `
choreography:
  name: rounds
  triggers: [ changes_detected ]
  flow:
    - { on: changes_detected, emit: tick }
    - { on: tick, emit: tock, max: 2 }
    - { on: tock, emit: tick }
`,
  'choreographies/joins.yaml': `
choreography:
  name: joins
  triggers: [ changes_detected ]
  flow:
    - { on: changes_detected, emit: left_asked }
    - { on: left_asked, emit: left_done }
    - { on: audit_log_requested, emit: right_done }
    - { on: { all: [ left_done, right_done ], within: 1h }, emit: both_done }
    - { on: { sequence: [ changes_detected, both_done ], within: 1h }, emit: rounded_off }
`,
  'flows/tools.yaml': `
flows:
  validate: { on: validation_requested, emit: changes_validated, data: "{payload}" }
  stage: { on: staging_requested, emit: files_staged, data: "{payload}" }
  commit: { on: commit_requested, emit: commit_created, data: "{payload}" }
`,
};

/** How often each type comes in an instance that came to its end. */
export const WHOLE: Readonly<Record<string, number>> = {
  changes_detected: 1,
  validation_requested: 1,
  changes_validated: 1,
  staging_requested: 1,
  files_staged: 1,
  commit_requested: 1,
  commit_created: 1,
  issue_detection_requested: 1,
  audit_log_requested: 1,
  tick: 3,
  tock: 2,
  left_asked: 1,
  left_done: 1,
  right_done: 1,
  both_done: 1,
  rounded_off: 1,
};

/** The configuration of the stories, in a folder that is gone when the test ends. */
export async function loadChoreographies(): Promise<Configuration> {
  const file = join(configurationFolder(FILES), 'signalbox.yaml');
  const { configuration } = await loadConfiguration({ file, env: {}, shapes: builtInShapes });
  if (configuration === undefined) throw new Error('the configuration of the stories is refused');
  return configuration;
}

/** What a story came to. */
export interface Killed {
  readonly kills: number;
  /** By instance, how often each type came. */
  readonly instances: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** `FLOW of EVENT` of each run that is not the only one. */
  readonly repeated: readonly string[];
  readonly sound: boolean;
}

const INSTANCES = ['c-1', 'c-2', 'c-3'];
const LIVES = 6;
/** The disk's changes within a life, of which one is its last. */
const CHANGES_MAX = 150;
const LIFE_MS = 5_000;

/**
 * Rules that answer, go round and join over three instances at once, in a process that dies at a
 * change of the disk drawn anew for each life: what was acknowledged is not sent again, and what
 * was not, is.
 */
export async function killedStory(
  seed: number,
  { sqlite, configuration }: { readonly sqlite: WasmSqlite; readonly configuration: Configuration },
): Promise<Killed> {
  const random = seededRandom(seed);
  const disk = new SimulatedDisk(random);
  const acknowledged = new Set<string>();
  let now = Date.parse('2026-01-01T00:00:00Z');
  let kills = 0;
  for (let life = 1; ; life++) {
    const { engine, time } = await open(sqlite(disk), { configuration, now, random });
    const isLast = life > LIVES;
    if (!isLast) disk.plan({ stopAtChange: 1 + Math.floor(random() * CHANGES_MAX) });
    for (const id of INSTANCES) {
      if (!acknowledged.has(id)) void emit(engine, id, acknowledged);
      await time.settle();
    }
    await time.pass(isLast ? 20 * LIFE_MS : LIFE_MS);
    if (isLast) return { kills, ...(await lookAt(engine, time)) };
    now = time.clock.now() + 1_000;
    if (disk.activity.stopped) kills++;
    disk.killProcess();
  }
}

async function open(
  driver: ReturnType<WasmSqlite>,
  { configuration, now, random }: { configuration: Configuration; now: number; random: Random },
): Promise<{ readonly engine: Signalbox; readonly time: VirtualTime }> {
  const clock = new SimulatedClock(now);
  const time = new VirtualTime(clock);
  const store = await openSqliteStore({ path: 'signalbox.db', driver, clock });
  time.watch(store);
  const options = {
    configuration,
    dataDirectory: join(configuration.directory, '.signalbox'),
    inMemory: true,
    mode: 'run',
    apply: true,
    logger: silentLogger,
    clock,
    random,
    sources: [],
  } as const;
  // Modules are loaded, which takes time of the machine.
  return { engine: await openEngine(options, store), time };
}

async function emit(engine: Signalbox, id: string, acknowledged: Set<string>): Promise<void> {
  const draft = { type: 'changes_detected', source: 'test', id, data: JSON.stringify({ id }) };
  const { kind } = await engine.emit(draft).catch(() => ({ kind: 'lost' }));
  if (kind === 'accepted') acknowledged.add(id);
}

async function lookAt(engine: Signalbox, time: VirtualTime): Promise<Omit<Killed, 'kills'>> {
  const { store } = engine;
  const instances: Record<string, Record<string, number>> = {};
  const events: Event[] = [];
  for (let after = 0; after < store.head();) {
    const records = await store.read({ after, limit: 1_000 });
    events.push(...records.map((record) => toEvent(record, store.identity)));
    after = records.at(-1)?.seq ?? store.head();
  }
  for (const { source, correlationid, type } of events) {
    if (source === 'signalbox') continue;
    const counts = (instances[correlationid] ??= {});
    counts[type] = (counts[type] ?? 0) + 1;
  }
  const runs = (await store.runs({ limit: 1_000 })).map(({ flow, event }) => `${flow} of ${event}`);
  const repeated = runs.filter((run, index) => runs.indexOf(run) !== index);
  const verified = await time.until(engine.verify({ deep: true, progress: () => {} }));
  const rebuilt = await time.until(engine.rebuildCheck(() => {}));
  const sound = verified.ok && rebuilt.ok;
  await time.until(engine.stop());
  return { instances, repeated, sound };
}
