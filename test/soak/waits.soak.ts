import { expect, test } from 'vitest';
import { checkWaitSeeds } from '../simulation/waits/wait-seeds.ts';

const SEEDS = Number(process.env['WAIT_SEEDS'] ?? 10_000);

test(`${SEEDS} stories of waits, with restarts anywhere: 0 missed, 0 consumed twice`, async () => {
  const found = await checkWaitSeeds({ from: 1, count: SEEDS });
  console.log('waits:', JSON.stringify(found));
  expect(found.taken).toBeGreaterThan(SEEDS);
});
