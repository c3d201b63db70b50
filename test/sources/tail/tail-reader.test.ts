import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/std/random.ts';
import { seedFailure, seeds } from '../../simulation/seeds.ts';
import { liveTale } from './tale.ts';

/** As many as fit a quarter of a minute; the soak lives through ten thousand others. */
const TALES = 75;
const root = mkdtempSync(join(tmpdir(), 'signalbox-tail-'));

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a log that is torn, rotated, cut, replaced and deleted under its reader', () => {
  test(`is read line by line, each once, in ${TALES} tales`, async () => {
    for (const seed of seeds(TALES)) {
      const problem = await liveTale(root, seededRandom(seed));
      if (problem === undefined) continue;
      expect.unreachable(seedFailure(seed, problem, 'test/sources/tail/tail-reader.test.ts'));
    }
  });
});
