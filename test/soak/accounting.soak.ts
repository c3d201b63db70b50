import { expect, test } from 'vitest';
import { account } from '../crash/accounting.ts';
import { seeds } from '../simulation/seeds.ts';

const EVENTS = Number(process.env['EVENTS'] ?? 1_000_000);
const KILLS = Number(process.env['KILLS'] ?? 25);
const SAMPLES = 2_000;

test.each(seeds(1))(
  `of ${EVENTS} events the sums add up, and any id is explained: seed %i`,
  async (seed) => {
    const report = await account({ seed, events: EVENTS, kills: KILLS, samples: SAMPLES });
    console.log(`${EVENTS} events:`, JSON.stringify(report));
    expect(report.explained).toBeGreaterThan(Math.min(SAMPLES, EVENTS));
  },
);
