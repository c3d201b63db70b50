import { expect, test } from 'vitest';
import { racePaths } from '../steps/tools/path-races.ts';

const RACES = Number(process.env['RACES'] ?? 100_000);

test(`${RACES} races of paths lead no tool out of its project`, async () => {
  const met = await racePaths(RACES);
  expect(met.get('done')).toBeGreaterThan(RACES / 100);
  expect(met.get('tool.path_refused')).toBeGreaterThan(RACES / 100);
});
