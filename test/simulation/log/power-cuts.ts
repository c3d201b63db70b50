import { seededRandom, type Random } from '../../../src/std/random.ts';
import { rewritingDriver, withWalPages } from '../disk/rewriting-driver.ts';
import { SimulatedDisk } from '../disk/simulated-disk.ts';
import type { WasmSqlite } from '../disk/wasm-driver.ts';
import { seedFailure } from '../seeds.ts';
import { LogClient } from './log-client.ts';
import { drawShape } from './workload.ts';

/** Recoveries that are cut as well come on top. */
const CUTS_PER_SEED = 3;
const GROUPS_MAX = 10;
const CHANGES_MAX = 320;
/** The share of restarts that are cut in the middle of recovery. */
const RECOVERIES_CUT = 0.2;
const RECOVERY_CHANGES_MAX = 12;
/** How long the WAL may become: the last is the store's own limit. */
const WAL_PAGES = [4, 20, 60, 250] as const;
const PATH = 'signalbox.db';
const PAGE_BYTES = 4_096;

export interface PowerCutOptions {
  readonly seed: number;
  /** Changes what the store says to SQLite: the controls need that. */
  readonly rewrite?: (sql: string) => string;
  readonly lyingSync?: boolean;
}

export interface PowerCutReport {
  readonly seed: number;
  readonly cuts: number;
  readonly acknowledged: number;
  /** Whether the WAL was ever copied into the database. */
  readonly checkpointed: boolean;
  /** What was wrong after a cut, the first time that something was. */
  readonly problem: string | undefined;
}

/** A seed's story: a store on a disk, cut off again and again, and inspected after each time. */
export async function runPowerCuts(
  sqlite: WasmSqlite,
  { seed, rewrite = (sql) => sql, lyingSync = false }: PowerCutOptions,
): Promise<PowerCutReport> {
  const random = seededRandom(seed);
  const disk = new SimulatedDisk(random);
  const walPages = withWalPages(WAL_PAGES[Math.floor(random() * WAL_PAGES.length)] ?? 250);
  const driver = rewritingDriver(sqlite(disk), (sql) => rewrite(walPages(sql)));
  const client = new LogClient({ disk, driver, path: PATH, random, shape: drawShape(random) });
  let problem = await client.start();
  let cuts = 0;
  while (problem === undefined && cuts < CUTS_PER_SEED) {
    disk.plan({ stopAtChange: upTo(random, CHANGES_MAX), lyingSync });
    problem = await client.work(GROUPS_MAX);
    disk.cutPower();
    cuts++;
    if (problem === undefined && random() < RECOVERIES_CUT) {
      disk.plan({ stopAtChange: upTo(random, RECOVERY_CHANGES_MAX), lyingSync });
      problem = await client.start();
      disk.cutPower();
      cuts++;
    }
    problem ??= await client.start();
  }
  disk.killProcess();
  const checkpointed = (disk.file(PATH)?.size ?? 0) > PAGE_BYTES;
  return { seed, cuts, acknowledged: client.ledger.acknowledged.size, checkpointed, problem };
}

export interface PowerCutTotals {
  readonly cuts: number;
  readonly acknowledged: number;
  readonly checkpointed: number;
  readonly broken: readonly PowerCutReport[];
}

/** Tells the story of each seed, one after the other. */
export async function runManyPowerCuts(
  sqlite: WasmSqlite,
  seeds: readonly number[],
  options: Omit<PowerCutOptions, 'seed'> = {},
): Promise<PowerCutTotals> {
  let cuts = 0;
  let acknowledged = 0;
  let checkpointed = 0;
  const broken: PowerCutReport[] = [];
  for (const seed of seeds) {
    const report = await runPowerCuts(sqlite, { seed, ...options });
    cuts += report.cuts;
    acknowledged += report.acknowledged;
    checkpointed += report.checkpointed ? 1 : 0;
    if (report.problem !== undefined) broken.push(report);
  }
  return { cuts, acknowledged, checkpointed, broken };
}

/** What to tell of stories that went wrong. */
export function problemsOf({ broken }: PowerCutTotals): string[] {
  return broken.map(({ seed, problem = '' }) =>
    seedFailure(seed, problem, 'test/crash/power-cut.test.ts'),
  );
}

function upTo(random: Random, max: number): number {
  return 1 + Math.floor(random() * max);
}
