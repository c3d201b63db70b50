import { expect, test } from 'vitest';
import { stopOften } from '../crash/stops.ts';
import { seeds } from '../simulation/seeds.ts';

const STOPS = Number(process.env['STOPS'] ?? 200);

test.each(seeds(1, 1_000))(
  `${STOPS} daemons that are asked to stop lose and repeat nothing: seed %i`,
  async (seed) => {
    const report = await stopOften(STOPS, seed);
    console.log('stops under load:', JSON.stringify(report));
    expect(report.underWay).toBeGreaterThan(0);
  },
);
