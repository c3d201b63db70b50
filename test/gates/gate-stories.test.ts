import { expect, test } from 'vitest';
import { seedFailure, seeds } from '../simulation/seeds.ts';
import { tellGateStory } from './stage/gate-story.ts';

/** `test/soak/gate-stories.soak.ts` has more of them. */
const SEEDS = 100;

test('no path from the intent of a gated step to its effect but by its hash', async () => {
  const sum = { asked: 0, calls: 0, crashes: 0, edited: 0, returned: 0 };
  for (const seed of seeds(SEEDS)) {
    const { problems, ...told } = await tellGateStory(seed);
    const [problem] = problems;
    const failure = problem && seedFailure(seed, problem, 'test/gates/gate-stories.test.ts');
    expect(failure).toBeUndefined();
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += told[key];
  }
  for (const count of Object.values(sum)) expect(count).toBeGreaterThan(0);
});
