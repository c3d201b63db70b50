import { expect, test } from 'vitest';
import { overflowProblem } from '../routing/overflow-story.ts';
import { seedFailure, seeds } from '../simulation/seeds.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 10_000);

test('limits hold wherever the engine dies, and nothing that is too much is lost', async () => {
  for (const seed of seeds(SEEDS)) {
    const problem = await overflowProblem(seed);
    const failure = problem && seedFailure(seed, problem, 'test/routing/overflow-story.test.ts');
    expect(failure).toBeUndefined();
  }
});
