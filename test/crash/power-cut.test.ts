import { beforeAll, describe, expect, test } from 'vitest';
import { withoutSync } from '../simulation/disk/rewriting-driver.ts';
import { loadWasmSqlite, type WasmSqlite } from '../simulation/disk/wasm-driver.ts';
import { problemsOf, runManyPowerCuts } from '../simulation/log/power-cuts.ts';
import { seedIsChosen, seeds } from '../simulation/seeds.ts';

const SEEDS = 250;
const CONTROL_SEEDS = 40;

let sqlite: WasmSqlite;

beforeAll(async () => {
  sqlite = await loadWasmSqlite();
});

describe('power cuts on a disk that keeps, drops or tears what was not synced', () => {
  test('750 of them lose nothing acknowledged and leave every row right', async () => {
    const totals = await runManyPowerCuts(sqlite, seeds(SEEDS));

    expect(problemsOf(totals)).toEqual([]);
    if (seedIsChosen) return;
    expect(totals.cuts).toBeGreaterThanOrEqual(3 * SEEDS);
    // Stories without acknowledgements or without checkpoints would prove little.
    expect(totals.acknowledged).toBeGreaterThan(30 * SEEDS);
    expect(totals.checkpointed).toBeGreaterThan(SEEDS / 2);
  });

  test('the same stories fail where commits do not wait for the disk', async () => {
    const { broken } = await runManyPowerCuts(sqlite, seeds(CONTROL_SEEDS), {
      rewrite: withoutSync,
    });

    expect(broken.length).toBeGreaterThan(seedIsChosen ? 0 : CONTROL_SEEDS / 2);
  });

  test('a disk that lies about its syncs is found out', async () => {
    const { broken } = await runManyPowerCuts(sqlite, seeds(CONTROL_SEEDS), { lyingSync: true });

    expect(broken.length).toBeGreaterThan(seedIsChosen ? 0 : CONTROL_SEEDS / 2);
  });

  test('a seed tells the same story each time', async () => {
    const once = await runManyPowerCuts(sqlite, seeds(5));

    await expect(runManyPowerCuts(sqlite, seeds(5))).resolves.toEqual(once);
  });
});
