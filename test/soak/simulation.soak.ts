import { expect, test } from 'vitest';
import { everyKind, onePoison } from '../simulation/engine/directed.ts';
import { sqliteLogs } from '../simulation/engine/durable-log.ts';
import { checkSeeds } from '../simulation/engine/seeds.ts';
import { simulate } from '../simulation/engine/simulation.ts';

/** How many seeds are simulated; a release takes millions. */
const SEEDS = Number(process.env['SEEDS'] ?? 200_000);
/** Seeds that no test takes before. */
const FIRST = 1_000_000;
const SQLITE_SHARE = 20;
/** How far the points lie apart at which it dies twice. */
const STRIDE = 7;

test(`the engine keeps its promises for ${SEEDS} seeds, wherever it dies`, async () => {
  await checkSeeds({ from: FIRST, count: SEEDS });
});

test('it keeps them on SQLite', async () => {
  const count = Math.ceil(SEEDS / SQLITE_SHARE);
  await checkSeeds({ from: FIRST, count, makeLog: await sqliteLogs() });
});

test('it keeps them when it dies at any two points of a short story', async () => {
  const { did } = await simulate({ scenario: everyKind(1) });
  for (let first = 1; first <= did; first++) {
    for (let second = first + 1; second <= first + did; second += STRIDE) {
      const crashAfter = new Set([first, second]);
      const { problems } = await simulate({ scenario: everyKind(1), crashAfter });
      expect({ first, second, problems }).toEqual({ first, second, problems: [] });
    }
  }
});

test('one event under which it dies is set aside, for as many seeds', async () => {
  for (let seed = FIRST; seed < FIRST + SEEDS / SQLITE_SHARE; seed++) {
    const { problems, runs } = await simulate({ scenario: onePoison(seed) });
    expect({ seed, problems }).toEqual({ seed, problems: [] });
    const aside = runs.filter(({ state }) => state !== 'succeeded').map(({ flow }) => flow);
    expect({ seed, aside }).toEqual({ seed, aside: ['poison'] });
  }
});
