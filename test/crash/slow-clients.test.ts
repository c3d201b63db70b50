import { expect, test } from 'vitest';
import { besiege } from './slow-clients.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

const RSS_MIB_MAX = 512;

/** F41 of the fault matrix; `npm run soak` sends thousands, and looks at the slowest of 100. */
test('clients that never finish asking, or never read, hold nobody else up', async () => {
  const report = await besiege({ slow: 280, stalled: 70, requests: 50 });
  console.log('slow clients:', JSON.stringify(report));
  expect(report.gone).toBeGreaterThan(0);
  expect(report.besieged.p50).toBeLessThan(allowedMs(500));
  expect(report.rssMiB).toBeLessThan(RSS_MIB_MAX);
});
