import { seededRandom } from '../../../src/std/random.ts';
import type { Unit } from '../../../src/store/contract.ts';
import type { DiskFaults } from '../disk/faults.ts';
import { rewritingDriver, withWalPages } from '../disk/rewriting-driver.ts';
import { SimulatedDisk } from '../disk/simulated-disk.ts';
import type { WasmSqlite } from '../disk/wasm-driver.ts';
import { LogClient } from './log-client.ts';
import type { WorkloadShape } from './workload.ts';

/** About thirty records: events, runs that open and advance, checkpoints, refusals. */
const GROUPS = 12;
const SHAPE: WorkloadShape = {
  groupUnitsMax: 2,
  writesMax: 3,
  fillerMax: 200,
  large: 0,
  refusals: 0.1,
  stepMs: 10_000_000,
};
/** So few that the scenario has checkpoints in its middle. */
const WAL_PAGES = 24;
const SEED = 7;
const PATH = 'signalbox.db';

export interface Interruption {
  /** Another scenario than the usual one. */
  readonly seed?: number;
  readonly faults: DiskFaults;
  /** The process dies, the power is cut, or the fault passes and work goes on. */
  readonly ending: 'kill' | 'cut' | 'heal';
}

export interface InterruptionReport {
  readonly activity: SimulatedDisk['activity'];
  readonly acknowledged: number;
  readonly records: number;
  readonly problem: string | undefined;
}

/**
 * Lets a misfortune happen at each of `count` places of the scenario, and resolves to what went
 * wrong, with the place.
 */
export async function interruptEverywhere(
  sqlite: WasmSqlite,
  count: number,
  misfortune: (at: number) => Interruption,
): Promise<string[]> {
  const problems: string[] = [];
  for (let at = 1; at <= count; at++) {
    const { problem, activity } = await interrupt(sqlite, misfortune(at));
    if (problem !== undefined) problems.push(`at ${at} of ${count}: ${problem}`);
    if (!activity.struck) problems.push(`at ${at} of ${count}: nothing happened`);
  }
  return problems;
}

/** The units of such a scenario, all of which an undisturbed store accepts. */
export async function scenarioUnits(sqlite: WasmSqlite): Promise<readonly Unit[]> {
  const random = seededRandom(SEED);
  const disk = new SimulatedDisk(random);
  const shape = { ...SHAPE, refusals: 0 };
  const client = new LogClient({ disk, driver: sqlite(disk), path: PATH, random, shape });
  await client.start();
  await client.work(GROUPS);
  disk.killProcess();
  return client.ledger.units;
}

/**
 * A short scenario from the log's birth to its clean close, always the same, with one misfortune in
 * it; then a restart on a healthy disk, an inspection, and more work.
 */
export async function interrupt(
  sqlite: WasmSqlite,
  { seed = SEED, faults, ending }: Interruption,
): Promise<InterruptionReport> {
  const random = seededRandom(seed);
  const disk = new SimulatedDisk(random);
  const driver = rewritingDriver(sqlite(disk), withWalPages(WAL_PAGES));
  const client = new LogClient({ disk, driver, path: PATH, random, shape: SHAPE });
  disk.plan(faults);
  let problem = (await client.start()) ?? (await client.work(GROUPS));
  if (ending !== 'heal') problem ??= await client.stop();
  const { activity } = disk;
  const acknowledged = client.ledger.acknowledged.size;
  if (ending === 'heal') {
    disk.plan({});
    problem ??= (await client.work(2)) ?? (await client.stop());
  }
  if (ending === 'cut') disk.cutPower();
  else disk.killProcess();
  problem ??= (await client.start()) ?? (await client.work(1)) ?? (await client.stop());
  disk.killProcess();
  return { activity, acknowledged, records: client.records, problem };
}
