import { expect, test } from 'vitest';
import { flood } from '../crash/flood.ts';
import { sourceFlood } from '../crash/source-flood.ts';

const MINUTES = Number(process.env['MINUTES'] ?? 10);

test(`a flood of ${MINUTES} minutes with slow steps loses nothing`, async () => {
  const floodMs = MINUTES * 60_000;
  const report = await flood({ floodMs, everyNth: 50, stepMs: 100 });
  console.log(`a flood of ${MINUTES} minutes:`, JSON.stringify(report));
  expect(report.runs).toBeGreaterThan(0);
});

test('one source that floods keeps no other one waiting', async () => {
  const report = await sourceFlood({ events: 300, stepMs: 100, inFlight: 32 });
  console.log('a source that floods:', JSON.stringify(report));
  expect(report.taken).toBeGreaterThan(0);
});
