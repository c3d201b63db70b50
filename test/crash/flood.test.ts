import { expect, test } from 'vitest';
import { flood } from './flood.ts';

/** F35 of the fault matrix, for seconds; `npm run soak` does it for minutes. */
test('a flood of events with slow steps loses none, and is over when it is over', async () => {
  const report = await flood({ floodMs: 4_000, everyNth: 40, stepMs: 50 });
  console.log('a flood of 4 s:', JSON.stringify(report));
  expect(report.runs).toBeGreaterThan(0);
});
