import { expect, test } from 'vitest';
import { sqliteLogs } from '../simulation/engine/durable-log.ts';
import { checkWaitSeeds } from '../simulation/waits/wait-seeds.ts';

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
