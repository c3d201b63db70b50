import { expect, test } from 'vitest';
import { tellGateStory } from '../gates/stage/gate-story.ts';
import { seedFailure, seeds } from '../simulation/seeds.ts';

/** How many stories are told, in as many minutes at the most; 10,000 for a release. */
const SEEDS = Number(process.env['GATE_SEEDS'] ?? 10_000);
const MINUTES = Number(process.env['GATE_MINUTES'] ?? 240);
/** Seeds that no test takes before. */
const FIRST = 1_000_000;

test(`${SEEDS} stories of gates: nothing is done that nobody had said yes to`, async () => {
  const sum = { stories: 0, asked: 0, calls: 0, crashes: 0, edited: 0, returned: 0 };
  const end = performance.now() + MINUTES * 60_000;
  for (const seed of seeds(SEEDS, FIRST)) {
    if (performance.now() > end) break;
    const { problems, ...told } = await tellGateStory(seed);
    const [problem] = problems;
    const failure = problem && seedFailure(seed, problem, 'test/gates/gate-stories.test.ts');
    expect(failure).toBeUndefined();
    for (const key of Object.keys(told) as (keyof typeof told)[]) sum[key] += told[key];
    sum.stories++;
  }
  console.log('gates:', JSON.stringify(sum));
});
