import { expect, test } from 'vitest';
import { seeds } from '../simulation/seeds.ts';
import { type SagaEnd, tellSagaStory } from './saga-stories.ts';

test('F59: whatever dies or is stopped in the middle, all is done or all is undone', async () => {
  const ends = new Set<SagaEnd>();
  for (const seed of seeds(60)) ends.add(await tellSagaStory(seed));
  expect(ends).toContain('compensated');
});
