import { expect, test } from 'vitest';
import { tellSagaStory } from '../runs/saga-stories.ts';

/** How many stories are told; 100,000 for a release. */
const SEEDS = Number(process.env['SAGA_SEEDS'] ?? 100_000);
/** Seeds that no test takes before. */
const FIRST = 1_000_000;

test(`F59: ${SEEDS} sagas, whatever dies, end done or undone`, async () => {
  let undone = 0;
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    if ((await tellSagaStory(seed)) === 'compensated') undone++;
  }
  expect(undone).toBeGreaterThan(0);
});
