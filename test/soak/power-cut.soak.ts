import { expect, test } from 'vitest';
import { loadWasmSqlite } from '../simulation/disk/wasm-driver.ts';
import { problemsOf, runManyPowerCuts } from '../simulation/log/power-cuts.ts';
import { seeds } from '../simulation/seeds.ts';

/** Other seeds than those of `npm test`. */
const FIRST_SEED = 100_000;
const SEEDS = 12_000;

test('more than 30,000 simulated power cuts lose nothing acknowledged', async () => {
  const totals = await runManyPowerCuts(await loadWasmSqlite(), seeds(SEEDS, FIRST_SEED));

  expect(problemsOf(totals)).toEqual([]);
  expect(totals.cuts).toBeGreaterThan(30_000);
});
