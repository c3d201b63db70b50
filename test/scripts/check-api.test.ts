import { expect, test } from 'vitest';
import { apiProblems } from '../../scripts/check-api.mjs';

/** It packs the package, and reads every type that it exports. */

test('what programs import has types, and its names are those of docs/reference/api', async () => {
  expect(await apiProblems()).toEqual([]);
});
