import { expect, test } from 'vitest';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { sqliteLogs } from '../simulation/engine/durable-log.ts';
import { checkWaitSeeds } from '../simulation/waits/wait-seeds.ts';
import type { StepView } from '../../src/views/run-view.ts';
import { ApiClient } from './api-client.ts';

const SEEDS = 150;
const SQLITE_SEEDS = 10;

// The event before, at and after the wait begins, with restarts between.
test('waits: 0 missed, 0 consumed twice', async () => {
  const { taken, crashes } = await checkWaitSeeds({ from: 1, count: SEEDS });
  expect(taken).toBeGreaterThan(SEEDS);
  expect(crashes).toBeGreaterThan(SEEDS);
});

test('the same on SQLite', async () => {
  await checkWaitSeeds({ from: 1, count: SQLITE_SEEDS }, await sqliteLogs());
});

const RUNS = 30;
const KILLS = 2;

test('a daemon that is killed while events come for its waits misses none', async () => {
  const wait = { event: 'approved', match: { pr: '{payload.pr}' } };
  const steps = [{ sleep: '50ms' }, { id: 'one', wait }, { id: 'two', wait }, { emit: 'shipped' }];
  const flows = { release: { on: 'released', steps } };
  const folder = makeFolder({ 'signalbox.yaml': JSON.stringify({ flows }) });
  let daemon = await startDaemon(folder);
  const sent = async (type: string, pr: number, round = 0): Promise<unknown> =>
    new ApiClient(daemon.ready).emit({ type, data: { pr }, id: `${type}-${pr}-${round}` });
  for (let pr = 0; pr < RUNS; pr++) await sent('released', pr);
  const all = Array.from({ length: RUNS }, (_, pr) => pr);
  for (let round = 0; round <= KILLS; round++) {
    // The first come before many of the waits begin, the others while they stand.
    const events = all.map((pr) => sent('approved', pr, round).catch(() => {}));
    await (round < KILLS ? Promise.race(events) : Promise.all(events));
    if (round === KILLS) break;
    await daemon.end('SIGKILL');
    daemon = await startDaemon(folder);
    for (const pr of all) await sent('approved', pr, round);
  }
  const client = new ApiClient(daemon.ready);
  await client.quiet();
  const runs = await client.runs();
  expect(runs.map(({ state }) => state)).toEqual(Array(RUNS).fill('succeeded'));
  for (const { steps: done } of runs) {
    const [one = 0, two = 0] = ['one', 'two'].map((id) =>
      seqOf(done.find((step) => step.id === id)),
    );
    expect(0 < one && one < two).toBe(true);
  }
  expect(await client.get('/verify')).toMatchObject({ ok: true });
  expect(await client.get('/rebuild-check')).toMatchObject({ ok: true });
  expect(await daemon.end()).toBe(0);
});

/** The seq of the event that a step gave. */
function seqOf(step: StepView | undefined): number | undefined {
  return (step?.output as { readonly seq?: number } | null | undefined)?.seq;
}
