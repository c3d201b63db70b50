import { expect, test } from 'vitest';
import { seedFailure, seeds } from '../simulation/seeds.ts';
import { LanesStory } from './lanes-story.ts';

const SEEDS = 10_000;
/** The first seed of each part: one alone would take a busy machine too long. */
const PARTS = [1, 2_001, 4_001, 6_001, 8_001] as const;
const STEPS = 40;

test.each(PARTS)('slots are granted as the model says: stories from %i on', (first) => {
  const failed = seeds(SEEDS / PARTS.length, first).flatMap((seed) => problemOf(seed) ?? []);
  expect(failed).toEqual([]);
});

function problemOf(seed: number): string | undefined {
  try {
    const story = new LanesStory(seed);
    for (let step = 0; step < STEPS; step++) story.step();
    story.finish();
    return undefined;
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return seedFailure(seed, problem, 'test/runs/lanes.test.ts');
  }
}
