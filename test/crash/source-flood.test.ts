import { expect, test } from 'vitest';
import { sourceFlood } from './source-flood.ts';

/** S51 of the attack matrix, for a moment; `npm run soak` does it for longer. */
test('a source that floods keeps no other one waiting, nor a critical notice', async () => {
  const report = await sourceFlood({ events: 12, stepMs: 20, inFlight: 4 });
  console.log('a source that floods:', JSON.stringify(report));
  expect(report.taken).toBeGreaterThan(0);
});
