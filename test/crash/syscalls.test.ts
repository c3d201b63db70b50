import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadWasmSqlite, type WasmSqlite } from '../simulation/disk/wasm-driver.ts';
import {
  interrupt,
  interruptEverywhere,
  type Interruption,
  scenarioUnits,
} from '../simulation/log/interruptions.ts';
import { campaigns, WriterProcess } from './writer-process.ts';

let sqlite: WasmSqlite;

beforeAll(async () => {
  sqlite = await loadWasmSqlite();
});

describe('a scenario of thirty events, from the birth of the log to its clean close', () => {
  test('is long enough to reach checkpoints, and ends well when nothing happens', async () => {
    const { activity, records, problem } = await interrupt(sqlite, { faults: {}, ending: 'cut' });

    expect(problem).toBeUndefined();
    expect(records).toBeGreaterThanOrEqual(30);
    expect(activity.counts.resize + activity.counts.delete).toBeGreaterThan(0);
  });

  test.each(['kill', 'cut'] as const)(
    'survives a %s at every write, sync, resize and delete',
    async (ending) => {
      const { activity } = await interrupt(sqlite, { faults: {}, ending });
      const stop = (at: number): Interruption => ({ faults: { stopAtChange: at }, ending });

      await expect(interruptEverywhere(sqlite, activity.changes, stop)).resolves.toEqual([]);
    },
  );

  test.each(['read', 'write', 'resize', 'sync', 'delete'] as const)(
    'acknowledges nothing that an input/output error of any %s loses',
    async (operation) => {
      const { activity } = await interrupt(sqlite, { faults: {}, ending: 'cut' });
      const fail = (at: number): Interruption => ({
        faults: { fail: { operation, at, reason: 'io' } },
        ending: 'cut',
      });

      await expect(interruptEverywhere(sqlite, activity.counts[operation], fail)).resolves.toEqual(
        [],
      );
    },
  );

  test('answers "full" where any write finds no space, and works on', async () => {
    const { activity } = await interrupt(sqlite, { faults: {}, ending: 'heal' });
    const fail = (at: number): Interruption => ({
      faults: { fail: { operation: 'write', at, reason: 'full' } },
      ending: 'heal',
    });

    await expect(interruptEverywhere(sqlite, activity.counts.write, fail)).resolves.toEqual([]);
  });
});

/** Every so many calls; `npm run soak` takes each. */
const STRIDE = 100;

describe('the same scenario in a process of its own, on a real disk', () => {
  let writer: WriterProcess;

  beforeAll(async () => {
    writer = new WriterProcess(await scenarioUnits(sqlite));
  });

  afterAll(() => writer.remove());

  test.each(campaigns())('loses nothing acknowledged: $inject', async (campaign) => {
    const outcomes = await writer.endure(campaign, STRIDE);

    expect(outcomes.flatMap(({ problem }) => problem ?? [])).toEqual([]);
    const ends = new Set(outcomes.map(({ end }) => end));
    expect(campaign.ends).toEqual(expect.arrayContaining([...ends]));
    expect(ends).toContain(campaign.ends[0]);
    const answers = outcomes.flatMap((outcome) => outcome.answers.map(({ kind }) => kind));
    expect(answers).toContain(campaign.says);
  });
});
