import { expect, test } from 'vitest';
import { killSagas } from '../crash/gated-sagas.ts';

const ORDERS = Number(process.env['ORDERS'] ?? 500);
const KILLS = Number(process.env['KILLS'] ?? 100);

test(`${ORDERS} sagas with gates are done or undone over ${KILLS} kills`, async () => {
  const report = await killSagas(ORDERS, KILLS, 1_000);
  console.log('sagas under kills:', JSON.stringify(report));
  expect(report.repeatedCalls).toBeGreaterThan(0);
});
