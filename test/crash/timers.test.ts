import { expect, test } from 'vitest';
import { fallDueTogether } from './timers.ts';

const TIMERS = 1_000;

/** F33 of the fault matrix, with a part of the timers; `npm run soak` has all of them. */
test(`${TIMERS} timers that are due together fire once each, and keep no daemon`, async () => {
  const report = await fallDueTogether(TIMERS);
  console.log('timers due together:', JSON.stringify(report));
  expect(report.firedBefore).toBeGreaterThan(0);
});
