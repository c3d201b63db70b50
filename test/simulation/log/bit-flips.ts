import { isDeepStrictEqual } from 'node:util';
import { SignalboxError } from '../../../src/std/errors.ts';
import { seededRandom, type Random } from '../../../src/std/random.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { SimulatedDisk } from '../disk/simulated-disk.ts';
import type { WasmSqlite } from '../disk/wasm-driver.ts';
import { draftOf, FoldedLog } from './folded-log.ts';
import { readAll, rowsEqualRefold } from './inspect-store.ts';
import { LogClient } from './log-client.ts';
import { eventOf, SOURCES, type WorkloadShape } from './workload.ts';
import { countOpen } from '../../../src/views/queue-view.ts';

/** A killed log is kept so short that all of it is still in the WAL. */
const GROUPS = { close: 60, kill: 14 } as const;
const SHAPE: WorkloadShape = {
  groupUnitsMax: 6,
  writesMax: 3,
  fillerMax: 400,
  large: 0.005,
  refusals: 0,
  stepMs: 3_000_000,
};
const WITNESS_DELAY_MS = 1_000;
const PATH = 'signalbox.db';

/** A log as it lay on the disk, and what it answered. */
export interface Specimen {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly witnessPath: string;
  readonly log: FoldedLog;
  readonly answers: Answers;
}

/** What a flipped bit led to; only the last is what must never be. */
type Verdict =
  | { readonly kind: 'refused' | 'named' | 'harmless' }
  | { readonly kind: 'silent'; readonly difference: string };

type Answers = Readonly<Record<string, unknown>>;

/** Grows a log of a few hundred events with runs, and ends it by a clean close or a kill. */
export async function growSpecimen(
  sqlite: WasmSqlite,
  options: { readonly witnessPath: string; readonly ending: 'close' | 'kill' },
): Promise<Specimen> {
  const { witnessPath, ending } = options;
  const random = seededRandom(18);
  const disk = new SimulatedDisk(random);
  const client = new LogClient({
    disk,
    driver: sqlite(disk),
    path: PATH,
    witnessPath,
    random,
    shape: SHAPE,
  });
  const problem = (await client.start()) ?? (await client.work(GROUPS[ending]));
  if (problem !== undefined) throw new Error(problem);
  client.wait(WITNESS_DELAY_MS);
  if (ending === 'close') await client.stop();
  disk.killProcess();
  const files = new Map(disk.names().map((name) => [name, disk.copy(name) ?? new Uint8Array()]));
  const copy = place(files, random);
  const store = await open(sqlite, copy, witnessPath);
  const log = new FoldedLog(await readAll(store));
  const answers = await ask(store, log);
  copy.killProcess();
  return { files, witnessPath, log, answers };
}

export interface FlipTally {
  readonly refused: number;
  readonly named: number;
  readonly harmless: number;
  /** Each flip that nothing noticed and that changed an answer. */
  readonly silent: readonly string[];
}

/** Flips `count` bits of a file, each in a copy of its own. */
export async function flipBits(
  sqlite: WasmSqlite,
  specimen: Specimen,
  {
    name,
    count,
    random,
  }: { readonly name: string; readonly count: number; readonly random: Random },
): Promise<FlipTally> {
  const tally = { refused: 0, named: 0, harmless: 0 };
  const silent: string[] = [];
  const bits = (specimen.files.get(name)?.length ?? 0) * 8;
  for (let i = 0; i < count; i++) {
    const bit = Math.floor(random() * bits);
    const verdict = await flipBit(sqlite, specimen, { name, bit });
    if (verdict.kind === 'silent') silent.push(`bit ${bit} of ${name}: ${verdict.difference}`);
    else tally[verdict.kind]++;
  }
  return { ...tally, silent };
}

/** Flips one bit of one file of the specimen, opens it, verifies it, and asks everything again. */
async function flipBit(
  sqlite: WasmSqlite,
  specimen: Specimen,
  { name, bit }: { readonly name: string; readonly bit: number },
): Promise<Verdict> {
  const flipped = Uint8Array.from(specimen.files.get(name) ?? []);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  const disk = place(new Map([...specimen.files, [name, flipped]]), seededRandom(bit));
  try {
    return await judge(await open(sqlite, disk, specimen.witnessPath), specimen);
  } catch (error) {
    if (error instanceof SignalboxError) return { kind: 'refused' };
    return { kind: 'silent', difference: `thrown without a code: ${String(error)}` };
  } finally {
    disk.killProcess();
  }
}

async function judge(store: Store, { log, answers }: Specimen): Promise<Verdict> {
  try {
    const { firstBad } = await store.verify({ deep: true, progress: () => undefined });
    if (firstBad !== null || !(await rowsEqualRefold(store, log))) return { kind: 'named' };
    const now = await ask(store, log);
    const difference = Object.keys(answers).find(
      (question) => !isDeepStrictEqual(now[question], answers[question]),
    );
    return difference === undefined ? { kind: 'harmless' } : { kind: 'silent', difference };
  } catch {
    // An error is loud: nobody takes it for an answer.
    return { kind: 'named' };
  }
}

function place(files: ReadonlyMap<string, Uint8Array>, random: Random): SimulatedDisk {
  const disk = new SimulatedDisk(random);
  for (const [name, bytes] of files) disk.place(name, bytes);
  return disk;
}

function open(sqlite: WasmSqlite, disk: SimulatedDisk, witnessPath: string): Promise<Store> {
  const clock = new SimulatedClock();
  return openSqliteStore({ driver: sqlite(disk), path: PATH, witnessPath, clock });
}

/** Everything that a store can be asked, by the name of the question. */
async function ask(store: Store, log: FoldedLog): Promise<Answers> {
  const { epoch, afterCleanStop, names, incarnation, lastReceived } = store.identity;
  const page = { limit: 1_000 };
  const everything = { ...page, now: Number.MAX_SAFE_INTEGER };
  const lanes = await store.lanes();
  return {
    identity: { epoch, afterCleanStop, names, incarnation, lastReceived },
    records: await readAll(store),
    runs: await store.runs({ ...page, branches: true }),
    ownRuns: await store.runs(page),
    lanes,
    claimable: await Promise.all(
      lanes.flatMap(({ lane }) => [
        store.claimable({ ...everything, lane, state: 'queued' }),
        store.claimable({ ...everything, lane, state: 'waiting' }),
      ]),
    ),
    orphans: await store.orphans(page),
    branches: await Promise.all(
      [...log.runs.keys()].map((parent) => store.branches({ ...page, parent })),
    ),
    letters: await store.letters(page),
    openLetters: await store.letters({ ...page, state: 'open' }),
    windows: await store.windows(page),
    cursors: await Promise.all(SOURCES.map((source) => store.cursors({ ...page, source }))),
    openRuns: countOpen(await store.lanes()),
    streams: await Promise.all([...log.runs.keys()].map((run) => store.readStream(run))),
    checkpoints: [await store.checkpoint('router'), await store.checkpoint('view')],
    duplicates: await repeatAll(store, log),
  };
}

/** What the store says to each foreign event that it knows, when it comes again. */
async function repeatAll(store: Store, log: FoldedLog): Promise<unknown[]> {
  const received = store.identity.lastReceived;
  return Promise.all(
    [...log.foreign.values()].map((record) =>
      store.append({ writes: [eventOf({ ...draftOf(record), received })] }),
    ),
  );
}
