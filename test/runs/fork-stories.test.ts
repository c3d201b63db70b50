import { expect, test } from 'vitest';
import { seeds } from '../simulation/seeds.ts';
import { tellForkStory } from './fork-stories.ts';

test('whatever tree of forks is done by whatever dies, each step of it is done once', async () => {
  const again = new Set<string>();
  for (const seed of seeds(150)) again.add(await tellForkStory(seed));
  expect([...again]).toEqual(['same']);
});
