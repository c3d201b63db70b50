import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/std/errors.ts';
import { seededRandom, type Random } from '../../src/std/random.ts';
import type { AppendResult, Unit } from '../../src/store/contract.ts';
import { openDirectoryStore } from '../../src/store/sqlite/store.ts';
import { SimulatedDisk } from '../simulation/disk/simulated-disk.ts';
import type { WasmSqlite } from '../simulation/disk/wasm-driver.ts';
import { inspectStore } from '../simulation/log/inspect-store.ts';
import { Ledger } from '../simulation/log/ledger.ts';
import { LogClient } from '../simulation/log/log-client.ts';
import type { WorkloadShape } from '../simulation/log/workload.ts';
import type { Ending } from './writer-endings.ts';

const WRITER = fileURLToPath(new URL('endless-writer.mjs', import.meta.url));
const WORKER = new URL('../../dist/store/sqlite/worker.js', import.meta.url);

/** Enough for several lives of a writer, few enough that all runs are inspected. */
const GROUPS = 150;
const SHAPE: WorkloadShape = {
  groupUnitsMax: 8,
  writesMax: 3,
  fillerMax: 600,
  large: 0.01,
  refusals: 0,
  stepMs: 60_000,
};
/** A writer goes on until the disk has stopped, so it comes further than this. */
const ANSWERS_MAX = 100;
const WINDOWS = [1, 4, 32] as const;

/** What was there after each ending of a writer. */
export interface Story {
  readonly endings: number;
  readonly acknowledged: number;
  /** What was wrong, the first time that something was; then the story is over. */
  readonly problem: string | undefined;
}

export interface StoryOptions {
  readonly seed: number;
  readonly ending: Ending;
  /** The control's writer says NORMAL where the store says FULL. */
  readonly synchronous?: 'FULL' | 'NORMAL';
  readonly lives?: number;
}

/** A disk in a temporary folder, and writers that go on where the last one ended. */
export async function tellStory(sqlite: WasmSqlite, options: StoryOptions): Promise<Story> {
  const { seed, lives = 1 } = options;
  const random = seededRandom(seed);
  const units = await planUnits(sqlite, random);
  const ledger = new Ledger();
  for (const unit of units) ledger.submit(unit);
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-disk-'));
  writeFileSync(join(folder, 'units.json'), JSON.stringify(units));
  let problem: string | undefined;
  let endings = 0;
  try {
    for (let from = 0; endings < lives && from < units.length && problem === undefined; endings++) {
      await live({ ...options, folder, ledger, from, random });
      const found = await inspect(join(folder, 'found'), ledger).catch(messageOf);
      if (typeof found === 'string') problem = found;
      else from = found;
      rmSync(join(folder, 'found'), { recursive: true });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { endings, acknowledged: ledger.acknowledged.size, problem };
}

/** Units that a store accepts in this order: those of a story on a simulated disk. */
async function planUnits(sqlite: WasmSqlite, random: Random): Promise<readonly Unit[]> {
  const disk = new SimulatedDisk(random);
  const options = { disk, driver: sqlite(disk), path: 'signalbox.db', random, shape: SHAPE };
  const client = new LogClient(options);
  const problem = (await client.start()) ?? (await client.work(GROUPS));
  if (problem !== undefined) throw new Error(problem);
  disk.killProcess();
  return client.ledger.units;
}

interface Life extends StoryOptions {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly from: number;
  readonly random: Random;
}

/** Starts a writer at the unit `from`, ends it at a random place, and notes what it had said. */
async function live(life: Life): Promise<void> {
  const { folder, ledger, from, random, ending, synchronous = 'FULL' } = life;
  const window = WINDOWS[Math.floor(random() * WINDOWS.length)] ?? 1;
  const answersMax = 1 + Math.floor(random() * ANSWERS_MAX);
  // A disk that has stopped stops only those who wait for it: the control must stop by itself.
  const until = synchronous === 'FULL' ? ledger.next : from + answersMax;
  const plan = { scenario: join(folder, 'units.json'), from, until, window, synchronous };
  const [program = '', ...options] = ending.argv;
  const argv = [...options, folder, process.execPath, WRITER, JSON.stringify(plan)];
  const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const answers = await answersOf(child, answersMax).finally(() => child.stdin.end());
  const [status] = (await exit) as [number | null];
  if (status !== 0) throw new Error(`The disk's shell ended with ${status}.`);
  for (const [i, answer] of answers.entries()) ledger.settle(from + i, answer);
}

/** Reads answers to the last, and asks for the end after so many. */
async function answersOf(
  { stdin, stdout }: ChildProcessByStdio<Writable, Readable, null>,
  count: number,
): Promise<AppendResult[]> {
  const answers: AppendResult[] = [];
  for await (const line of createInterface(stdout)) {
    answers.push(JSON.parse(line) as AppendResult);
    if (answers.length === count) stdin.end();
  }
  return answers;
}

/** What is wrong with the files that a writer left, else how many units are in them. */
async function inspect(directory: string, ledger: Ledger): Promise<string | number> {
  const store = await openDirectoryStore(directory, WORKER);
  try {
    const inspection = await inspectStore(store, ledger);
    return inspection.kind === 'broken' ? inspection.reason : inspection.log.units.size;
  } finally {
    await store.close();
  }
}
