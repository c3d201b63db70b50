import { describe, expect, test } from 'vitest';
import { seedFailure, seeds } from '../simulation/seeds.ts';
import { type Closing, GATHERS, type Mutant, windowsOf, WindowStory } from './window-story.ts';

const SEEDS = 10_000;
const MUTANT_SEEDS = 300;

/** What is wrong with the story of a seed; undefined where nothing is. */
function problemOf(seed: number, mutant?: Mutant): string | undefined {
  const story = new WindowStory(seed, mutant);
  const problem = story.tell() ?? story.closings.map(earlyOrLarge).find(Boolean);
  if (problem !== undefined) return problem;
  const found = textsOf(story.closings);
  const expected = textsOf(windowsOf(story.log));
  if (found === expected) return undefined;
  return `the windows are\n${found}\nand should be\n${expected}`;
}

function earlyOrLarge({ flow, events, due, at }: Closing): string | undefined {
  const size = Number(GATHERS.get(flow)?.size);
  if (events.length > size) return `a window of ${flow} holds ${events.length} events`;
  if (events.length < size && at < due) return `a window of ${flow} due ${due} closed at ${at}`;
  return undefined;
}

function textsOf(windows: readonly Omit<Closing, 'at'>[]): string {
  const texts = windows.map(({ flow, key, events, due }) =>
    JSON.stringify([events[0], flow, key, events, due]),
  );
  return texts.toSorted((a, b) => Number(a > b) - Number(a < b)).join('\n');
}

describe('windows, whatever befalls the router', () => {
  test('are those that the log makes, each event in one of them, none early or too large', () => {
    for (const seed of seeds(SEEDS)) {
      const problem = problemOf(seed);
      const failure = problem && seedFailure(seed, problem, 'test/routing/window-story.test.ts');
      expect(failure).toBeUndefined();
    }
  });

  test.each<Mutant>(['forgets to put back', 'loses the rows', 'closes late', 'keeps the place'])(
    'a router that %s is found out',
    (mutant) => {
      const seen = Array.from({ length: MUTANT_SEEDS }, (_, i) => problemOf(i + 1, mutant));
      expect(seen.filter((problem) => problem !== undefined).length).toBeGreaterThan(0);
    },
  );
});
