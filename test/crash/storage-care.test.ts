import { expect, test } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import { killDuringCare } from './storage-care.ts';

/** F4 of the fault matrix: 4 kills here, 200 in the soak. */
test('a daemon that is killed while its store is cared for loses nothing', async () => {
  const random = seededRandom(7);
  const report = await killDuringCare(4, random);
  expect(report.acknowledged).toBeGreaterThan(0);
  expect(report.trimmed).toBeGreaterThan(0);
});
