import { describe, expect, test } from 'vitest';
import { seedFailure, seeds } from '../simulation/seeds.ts';
import { type Mutant, overflowProblem } from './overflow-story.ts';

/** `test/soak/overflow.soak.ts` has more of them. */
const SEEDS = 150;
const MUTANT_SEEDS = 40;

describe('limits of all, of a flow and of a source, wherever the engine dies', () => {
  test('hold, and what is too much is told to its sender or recorded', async () => {
    for (const seed of seeds(SEEDS)) {
      const problem = await overflowProblem(seed);
      const failure = problem && seedFailure(seed, problem, 'test/routing/overflow-story.test.ts');
      expect(failure).toBeUndefined();
    }
  }, 300_000);

  test.each<Mutant>([
    'counts nothing anew',
    'lets a burst in',
    'drops nothing',
    'drops in silence',
  ])('an engine that %s is found out', async (mutant) => {
    let found: string | undefined;
    for (let seed = 1; seed <= MUTANT_SEEDS && found === undefined; seed++) {
      found = await overflowProblem(seed, mutant);
    }
    expect(found).toBeDefined();
  });
});
