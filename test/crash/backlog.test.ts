import { expect, test } from 'vitest';
import { workOff } from './backlog.ts';

const RUNS = 5_000;

/** F39 of the fault matrix, with a tenth of the runs; `npm run soak` has all of them. */
test(`${RUNS} queued runs keep no daemon from being ready, and all end`, async () => {
  const report = await workOff(RUNS);
  console.log('a backlog:', JSON.stringify(report));
  expect(report.atOnceMax).toBeGreaterThan(1);
});
