import { expect, test } from 'vitest';
import { besiege } from '../crash/slow-clients.ts';

/** F41 of the fault matrix, whole. */
test('thousands of clients that never finish asking, or never read', async () => {
  const report = await besiege({ slow: 2_000, stalled: 1_000, requests: 500 });
  console.log('slow clients:', JSON.stringify(report));
  expect(report.besieged.p99).toBeLessThan(500);
  expect(report.rssMiB).toBeLessThan(512);
});
