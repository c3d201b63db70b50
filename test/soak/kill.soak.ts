import { expect, test } from 'vitest';
import { besiege } from '../crash/siege.ts';
import { seeds } from '../simulation/seeds.ts';

const FILE = '--config vitest.soak.config.ts test/soak/kill.soak.ts';
/** How often a daemon is killed under load; a release takes 100,000. */
const KILLS = Number(process.env['KILLS'] ?? 1_000);
/** How often one is killed many times in a row while it starts. */
const SERIES = Number(process.env['SERIES'] ?? 500);
const KILLS_A_SERIES = 20;
/** Kills on one data directory, before it is held against its ledger. */
const KILLS_A_SIEGE = 100;
const READY_MS_MAX = 2_000;

test.each(seeds(Math.ceil(KILLS / KILLS_A_SIEGE), 1_000))(
  'a daemon that is killed 100 times under load loses and repeats nothing: seed %i',
  async (seed) => {
    const report = await besiege({ seed, file: FILE }, (siege) =>
      siege.killUnderLoad({ kills: KILLS_A_SIEGE, lifeMsMax: 500 }),
    );
    expect(report.acknowledged).toBeGreaterThan(KILLS_A_SIEGE);
  },
);

test.each(seeds(SERIES, 10_000))(
  'a daemon that is killed 20 times while it starts is soon ready: seed %i',
  async (seed) => {
    const report = await besiege({ seed, file: FILE }, async (siege) => {
      await siege.killUnderLoad({ kills: 1, lifeMsMax: 500 });
      await siege.killDuringStart({ kills: KILLS_A_SERIES, lifeMsMax: 400 });
    });
    expect(report.readyMs).toBeLessThan(READY_MS_MAX);
  },
);
