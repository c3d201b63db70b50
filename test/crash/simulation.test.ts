import { beforeAll, describe, expect, test } from 'vitest';
import { everyKind, onePoison } from '../simulation/engine/directed.ts';
import { type MakeLog, sqliteLogs } from '../simulation/engine/durable-log.ts';
import { MUTANTS } from '../simulation/engine/mutants.ts';
import { drawScenario } from '../simulation/engine/scenario.ts';
import { checkSeeds } from '../simulation/engine/seeds.ts';
import { simulate } from '../simulation/engine/simulation.ts';

/** `npm run soak` draws 200,000. */
const SEEDS = 1_000;
const SQLITE_SEEDS = 100;
const MUTANT_SEEDS = 500;

describe('the engine, wherever it dies', () => {
  // One test for each quarter, so that a hanging seed is soon noticed.
  test.each([0, 1, 2, 3])('keeps its promises: quarter %i of the seeds', async (quarter) => {
    const count = SEEDS / 4;
    await checkSeeds({ from: 1 + quarter * count, count });
  });

  test('keeps them on SQLite', async () => {
    await checkSeeds({ from: 1, count: SQLITE_SEEDS, makeLog: await sqliteLogs() });
  });

  test('keeps them when it dies at any point of a short story', async () => {
    const { did, problems } = await simulate({ scenario: everyKind(1) });
    expect(problems).toEqual([]);
    for (let point = 1; point <= did; point++) {
      const report = await simulate({ scenario: everyKind(1), crashAfter: new Set([point]) });
      expect({ point, problems: report.problems }).toEqual({ point, problems: [] });
    }
  });

  test('sets one event aside under which it dies three times, and does the others', async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const { problems, runs, crashes } = await simulate({ scenario: onePoison(seed) });
      expect({ seed, problems, crashes }).toEqual({ seed, problems: [], crashes: 3 });
      const states = new Set(runs.map(({ flow, state }) => `${flow} ${state}`));
      states.delete('slow succeeded');
      states.delete('quick succeeded');
      expect({ seed, states: [...states] }).toEqual({ seed, states: ['poison run.quarantined'] });
    }
  });
});

describe('the simulation', () => {
  let makeLog: MakeLog;
  beforeAll(async () => {
    makeLog = await sqliteLogs();
  });

  test('does the same twice', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [once, again] = [await fingerprint(seed), await fingerprint(seed)];
      expect(again).toBe(once);
    }
    expect(await fingerprint(1)).not.toBe(await fingerprint(2));
  });

  test('does the same on either store', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const onSqlite = await simulate({ scenario: drawScenario(seed), makeLog });
      expect(onSqlite.fingerprint).toBe(await fingerprint(seed));
    }
  });

  test.each(MUTANTS)('sees that $name', async ({ mutation, seen }) => {
    for (let seed = 1; seed <= MUTANT_SEEDS; seed++) {
      const { problems } = await simulate({ scenario: drawScenario(seed), mutation });
      if (problems.some((problem) => seen.test(problem))) return;
    }
    expect.fail(`nothing was noticed in ${MUTANT_SEEDS} seeds`);
  });
});

async function fingerprint(seed: number): Promise<string> {
  return (await simulate({ scenario: drawScenario(seed) })).fingerprint;
}
