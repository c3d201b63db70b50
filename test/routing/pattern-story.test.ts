import { describe, expect, test } from 'vitest';
import { seedFailure, seeds } from '../simulation/seeds.ts';
import { patternProblem } from './pattern-problem.ts';
import type { Mutant } from './pattern-story.ts';

/** `test/soak/patterns.soak.ts` has more of them. */
const SEEDS = 300;
const MUTANT_SEEDS = 40;

describe('patterns, whatever befalls the router', () => {
  test('find what looking at all events finds, and tell of each event once', () => {
    for (const seed of seeds(SEEDS)) {
      const problem = patternProblem(seed);
      const failure = problem && seedFailure(seed, problem, 'test/routing/pattern-story.test.ts');
      expect(failure).toBeUndefined();
    }
  }, 300_000);

  test.each<Mutant>(['forgets to put back', 'loses the rows', 'closes late', 'keeps the first'])(
    'a router that %s is found out',
    (mutant) => {
      const seen = Array.from({ length: MUTANT_SEEDS }, (_, i) => patternProblem(i + 1, mutant));
      expect(seen.filter((problem) => problem !== undefined).length).toBeGreaterThan(0);
    },
  );
});
