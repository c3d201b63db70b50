import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { campaigns, WriterProcess } from '../crash/writer-process.ts';
import { loadWasmSqlite, type WasmSqlite } from '../simulation/disk/wasm-driver.ts';
import {
  interrupt,
  interruptEverywhere,
  type Interruption,
  scenarioUnits,
} from '../simulation/log/interruptions.ts';
import { seeds } from '../simulation/seeds.ts';

const SCENARIOS = 25;

let sqlite: WasmSqlite;
let writer: WriterProcess;

beforeAll(async () => {
  sqlite = await loadWasmSqlite();
  writer = new WriterProcess(await scenarioUnits(sqlite));
});

afterAll(() => writer.remove());

describe.each(seeds(SCENARIOS, 100))('scenario %i', (seed) => {
  test('survives a power cut at every change and an error of every write and sync', async () => {
    const { activity } = await interrupt(sqlite, { seed, faults: {}, ending: 'cut' });
    const { changes, counts } = activity;
    const cut = (at: number): Interruption => ({
      seed,
      faults: { stopAtChange: at },
      ending: 'cut',
    });
    const fail =
      (operation: 'write' | 'sync') =>
      (at: number): Interruption => ({
        seed,
        faults: { fail: { operation, at, reason: 'io' } },
        ending: 'cut',
      });

    await expect(interruptEverywhere(sqlite, changes, cut)).resolves.toEqual([]);
    await expect(interruptEverywhere(sqlite, counts.write, fail('write'))).resolves.toEqual([]);
    await expect(interruptEverywhere(sqlite, counts.sync, fail('sync'))).resolves.toEqual([]);
  });
});

test.each(campaigns())('at every call, nothing acknowledged is lost: $inject', async (campaign) => {
  const outcomes = await writer.endure(campaign, 1);

  expect(outcomes.flatMap(({ problem }) => problem ?? [])).toEqual([]);
});
