import { expect, test } from 'vitest';
import { killNotices } from '../crash/proposal-notices.ts';

const KILLS = Number(process.env['NOTICE_KILLS'] ?? 200);

test(`${KILLS} kills while people are told of proposals: 0 lost, repeats alike`, async () => {
  const report = await killNotices(KILLS, 1_000);
  console.log('proposal notices under kills:', JSON.stringify(report));
  expect(report.repeats).toBeGreaterThan(0);
});
