import { expect, test } from 'vitest';
import { apiProblems } from '../../scripts/check-api.mjs';

/** It packs the package, and reads every type that it exports. */
const TIMEOUT_MS = 180_000;

test(
  'what programs import has types, and the public names are those of docs/reference/api',
  { timeout: TIMEOUT_MS },
  async () => {
    expect(await apiProblems()).toEqual([]);
  },
);
