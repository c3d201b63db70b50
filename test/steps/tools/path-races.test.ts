import { expect, test } from 'vitest';
import { racePaths } from './path-races.ts';

test('names that become links while a tool walks them lead it nowhere', async () => {
  const met = await racePaths(1_500);
  // It met the true things and the others, or it raced nothing.
  expect(met.get('done')).toBeGreaterThan(50);
  expect(met.get('tool.path_refused')).toBeGreaterThan(50);
});
