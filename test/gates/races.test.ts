import { expect, test } from 'vitest';
import { type Race, RACES, runRaces, type Tally } from './stage/races.ts';

/** `test/soak/gate-races.soak.ts` has a thousand of each. */
const COUNT = 12;

/** Races that only an approval can win. */
const ONE_ENDED: readonly Race[] = ['two approvers', 'a double click'];

test.each(RACES)('F61, F62: exactly one decision each: %s', async (race) => {
  const tally: Tally = await runRaces(race, COUNT, 1);
  const ends = Object.entries(tally).filter(([what]) => what.startsWith('proposal.'));
  expect(ends.reduce((sum, [, count]) => sum + count, 0)).toBe(COUNT);
  // Where either may win, each does now and then: else nobody has raced.
  expect(ends).toHaveLength(ONE_ENDED.includes(race) ? 1 : 2);
});
