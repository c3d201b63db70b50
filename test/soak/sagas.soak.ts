import { expect, test } from 'vitest';
import { tellSagaStory } from '../runs/saga-stories.ts';

/** How many stories are told, in as many minutes at the most; 100,000 for a release. */
const SEEDS = Number(process.env['SAGA_SEEDS'] ?? 100_000);
const MINUTES = Number(process.env['SAGA_MINUTES'] ?? 240);
/** Seeds that no test takes before. */
const FIRST = 1_000_000;

test(`F59: ${SEEDS} sagas, whatever dies, end done or undone`, async () => {
  const end = performance.now() + MINUTES * 60_000;
  let [stories, undone] = [0, 0];
  for (let seed = FIRST; seed < FIRST + SEEDS && performance.now() < end; seed++) {
    if ((await tellSagaStory(seed)).state === 'compensated') undone++;
    stories++;
  }
  console.log('sagas:', JSON.stringify({ stories, undone }));
  expect(undone).toBeGreaterThan(0);
});
