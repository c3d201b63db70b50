import { expect, test } from 'vitest';
import { workOff } from '../crash/backlog.ts';

const RUNS = 50_000;

test(`${RUNS} queued runs keep no daemon from being ready, and all end`, async () => {
  const report = await workOff(RUNS);
  console.log('a backlog:', JSON.stringify(report));
  expect(report.atOnceMax).toBeGreaterThan(1);
});
