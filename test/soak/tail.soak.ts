import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import { seedFailure, seeds } from '../simulation/seeds.ts';
import { liveTale } from '../sources/tail/tale.ts';

/** Other seeds than those of `npm test`. */
const FIRST_SEED = 100_000;
const TALES = 10_000;

test(`${TALES} logs, torn and rotated in every way, are read line by line, each once`, async () => {
  const root = mkdtempSync(join(tmpdir(), 'signalbox-tail-'));
  try {
    for (const seed of seeds(TALES, FIRST_SEED)) {
      const problem = await liveTale(root, seededRandom(seed));
      if (problem === undefined) continue;
      expect.unreachable(seedFailure(seed, problem, 'test/sources/tail/tail-reader.test.ts'));
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
