import { expect, test } from 'vitest';
import { fallDueTogether } from '../crash/timers.ts';

const TIMERS = Number(process.env['TIMERS'] ?? 100_000);

test(`${TIMERS} timers that are due together fire once each, and keep no daemon`, async () => {
  const report = await fallDueTogether(TIMERS);
  console.log('timers due together:', JSON.stringify(report));
  expect(report.firedBefore).toBeGreaterThan(0);
});
