import { expect, test } from 'vitest';
import { sqliteLogs } from '../simulation/engine/durable-log.ts';
import { checkWaitSeeds } from '../simulation/waits/wait-seeds.ts';

const SEEDS = 150;
const SQLITE_SEEDS = 10;

const CLAUSE =
  'the event before, at and after the wait begins, with restarts between: ' +
  '0 missed, 0 consumed twice';

test(CLAUSE, async () => {
  const { taken, crashes } = await checkWaitSeeds({ from: 1, count: SEEDS });
  expect(taken).toBeGreaterThan(SEEDS);
  expect(crashes).toBeGreaterThan(SEEDS);
});

test('the same on SQLite', async () => {
  await checkWaitSeeds({ from: 1, count: SQLITE_SEEDS }, await sqliteLogs());
});
