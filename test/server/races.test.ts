import { expect, test } from 'vitest';
import { HTTP_RACES, runHttpRaces } from './races.ts';

/** `test/soak/gate-races.soak.ts` has a thousand of each. */
const COUNT = 25;

test.each(HTTP_RACES)('F61, S34: exactly one decision each over HTTP: %s', async (race) => {
  const tally = await runHttpRaces(race, { count: COUNT, seed: 1 });
  const { approved = 0, expired = 0 } = tally;
  expect(approved + expired).toBe(COUNT);
});
