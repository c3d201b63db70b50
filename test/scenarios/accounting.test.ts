import { expect, test } from 'vitest';
import { account } from '../crash/accounting.ts';

const EVENTS = 3_000;

/** The third criterion of the engine, for thousands; `npm run soak` does it for a million. */
test(`of ${EVENTS} events the sums add up, and any id is explained`, async () => {
  const report = await account({ seed: 1, events: EVENTS, kills: 3, samples: 150 });
  console.log('accounting:', JSON.stringify(report));
  expect(report.explained).toBeGreaterThan(150);
}, 300_000);
