import { describe, expect, test } from 'vitest';
import { RACES, runRaces } from '../gates/stage/races.ts';
import { HTTP_RACES, runHttpRaces } from '../server/races.ts';
import { seeds } from '../simulation/seeds.ts';

const COUNT = Number(process.env['GATE_RACES'] ?? 1_000);
const [SEED = 0] = seeds(1, 1_000);

describe(`F61, F62: ${COUNT} races of each kind: exactly one decision each`, () => {
  test.each(RACES)('%s', async (race) => {
    const tally = await runRaces(race, COUNT, SEED);
    console.log(`${race}:`, JSON.stringify(tally));
    expect(Object.keys(tally)).not.toEqual([]);
  });

  test.each(HTTP_RACES)('over HTTP: %s', async (race) => {
    const tally = await runHttpRaces(race, { count: COUNT, seed: SEED });
    console.log(`over HTTP, ${race}:`, JSON.stringify(tally));
    const sides = race === 'approve against expiry' ? ['approved', 'expired'] : ['approved'];
    expect(Object.keys(tally)).toEqual(expect.arrayContaining(sides));
  });
});
