import { expect, test } from 'vitest';
import { seeds } from '../simulation/seeds.ts';
import { type SagaEnd, tellSagaStory } from './saga-stories.ts';

test('F59: whatever dies or is stopped in the middle, all is done or all is undone', async () => {
  const ends: SagaEnd[] = [];
  for (const seed of seeds(60)) ends.push(await tellSagaStory(seed));
  expect(ends.map(({ state }) => state)).toContain('compensated');
  // What branches did is undone by them, which nobody follows.
  expect(ends.filter(({ again }) => again === 'same').length).toBeGreaterThan(ends.length / 3);
});
