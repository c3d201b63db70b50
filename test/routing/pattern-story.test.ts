import { describe, expect, test } from 'vitest';
import { isFit } from '../../src/routing/pattern.ts';
import { seedFailure, seeds } from '../simulation/seeds.ts';
import { type Found, matchesOf, type Mutant, PatternStory } from './pattern-story.ts';

/** More of them where somebody has the time: `npm run soak` sets it. */
const SEEDS = Number(process.env['SIGNALBOX_PATTERN_SEEDS'] ?? 300);
const MUTANT_SEEDS = 40;

/** What is wrong with the story of a seed; undefined where nothing is. */
function problemOf(seed: number, mutant?: Mutant): string | undefined {
  const story = new PatternStory(seed, mutant);
  story.tell();
  const problem = story.accountProblem();
  if (problem !== undefined) return problem;
  const { shape, log } = story;
  const comparable = shape.kind === 'all' ? byItsEnd : (each: Found): Found => each;
  const [found, expected] = [story.found(), matchesOf(shape, log)].map((all) => {
    return textOf(all.map(comparable));
  });
  if (found !== expected) {
    return `${JSON.stringify(shape)}\nfinds\n${found}\nand should find\n${expected}`;
  }
  return shape.kind === 'all' ? misfitOf(story) : undefined;
}

/** Of several ways to seat the events of an `all` any will do: only when it is complete counts. */
function byItsEnd({ key, events }: Found): Found {
  return { key, events: [Math.max(...events)] };
}

function misfitOf({ shape, log, ends }: PatternStory): string | undefined {
  for (const { matched = [] } of ends) {
    const received = matched.map(({ seq }) => log[seq - 1]?.received ?? 0);
    if (Math.max(...received) - Math.min(...received) >= shape.withinMs) return 'it took too long';
    const misfit = matched.findIndex(({ seq }, place) => !isFit(log[seq - 1]?.fits ?? 0, place));
    if (misfit !== -1) return `member ${misfit} has an event that it does not take`;
  }
  return undefined;
}

function textOf(all: readonly Found[]): string {
  return all
    .map(({ key, events }) => `${key} ${events.join(' ')}`)
    .toSorted()
    .join('\n');
}

describe('patterns, whatever befalls the router', () => {
  test('find what looking at all events finds, and tell of each event once', () => {
    for (const seed of seeds(SEEDS)) {
      const problem = problemOf(seed);
      const failure = problem && seedFailure(seed, problem, 'test/routing/pattern-story.test.ts');
      expect(failure).toBeUndefined();
    }
  }, 300_000);

  test.each<Mutant>(['forgets to put back', 'loses the rows', 'closes late', 'keeps the first'])(
    'a router that %s is found out',
    (mutant) => {
      const seen = Array.from({ length: MUTANT_SEEDS }, (_, i) => problemOf(i + 1, mutant));
      expect(seen.filter((problem) => problem !== undefined).length).toBeGreaterThan(0);
    },
  );
});
