import { expect, test } from 'vitest';
import { patternProblem } from '../routing/pattern-problem.ts';
import { seedFailure, seeds } from '../simulation/seeds.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 10_000);

test('patterns find what looking at all events finds, whatever befalls the router', () => {
  for (const seed of seeds(SEEDS)) {
    const problem = patternProblem(seed);
    const failure = problem && seedFailure(seed, problem, 'test/routing/pattern-story.test.ts');
    expect(failure).toBeUndefined();
  }
});
