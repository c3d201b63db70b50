import { expect, test } from 'vitest';
import { racePaths } from '../steps/tools/path-races.ts';

test('100,000 races of paths lead no tool out of its project', async () => {
  const met = await racePaths(100_000);
  expect(met.get('done')).toBeGreaterThan(1_000);
  expect(met.get('tool.path_refused')).toBeGreaterThan(1_000);
});
