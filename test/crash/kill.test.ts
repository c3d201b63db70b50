import { describe, expect, test } from 'vitest';
import { seeds } from '../simulation/seeds.ts';
import { besiege } from './siege.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

const FILE = 'test/crash/kill.test.ts';
/** What the start after the last of many kills may take. */
const READY_MS_MAX = allowedMs(2_000);

/** F1 and F3 of the fault matrix: together 50 kills, and 1,000 in the soak. */
describe('a daemon that is killed', () => {
  test.each(seeds(1))('30 times under load loses and repeats nothing: seed %i', async (seed) => {
    const report = await besiege({ seed, file: FILE }, (siege) =>
      siege.killUnderLoad({ kills: 30, lifeMsMax: 300 }),
    );
    expect(report.acknowledged).toBeGreaterThanOrEqual(30);
    expect(report.repeatedCalls).toBeGreaterThan(0);
  });

  test.each(seeds(1, 2))('20 times while it starts is soon ready: seed %i', async (seed) => {
    const report = await besiege({ seed, file: FILE }, async (siege) => {
      await siege.killUnderLoad({ kills: 1, lifeMsMax: 300 });
      await siege.killDuringStart({ kills: 19, lifeMsMax: 400 });
    });
    expect(report.kills).toBe(20);
    expect(report.readyMs).toBeLessThan(READY_MS_MAX);
  });
});
