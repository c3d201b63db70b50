import { describe, expect, test } from 'vitest';
import { killLoop } from './kill-loop.ts';

/** F1 and F3 of the fault matrix: the same rounds, killed long after the start and during it. */
describe('a daemon that is killed', () => {
  test('under load, 60 times, loses nothing acknowledged and repeats nothing recorded', async () => {
    const report = await killLoop({ kills: 60, seed: 1, lifeMsMax: 300 });
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.effects).toBeGreaterThanOrEqual(3 * report.acknowledged);
  }, 240_000);

  test('while it recovers, 40 times in a row, finishes all the same', async () => {
    const report = await killLoop({ kills: 40, seed: 2, lifeMsMax: 25 });
    expect(report.acknowledged).toBeGreaterThan(0);
  }, 240_000);
});
