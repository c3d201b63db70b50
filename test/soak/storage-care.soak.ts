import { expect, test } from 'vitest';
import { backupUnderLoad } from '../crash/backup-load.ts';
import { killDuringCare } from '../crash/storage-care.ts';
import { seededRandom } from '../../src/std/random.ts';
import { compressedYear } from '../crash/compressed-year.ts';

const BACKUPS = Number(process.env['BACKUPS'] ?? 50);
const KILLS = Number(process.env['KILLS'] ?? 200);
const EVENTS = Number(process.env['EVENTS'] ?? 1_000_000);

test(`${BACKUPS} backups under load restore equal`, async () => {
  const report = await backupUnderLoad(BACKUPS);
  console.log('backups under load:', JSON.stringify(report));
  expect(report.backups).toBe(BACKUPS);
});

test(`${KILLS} daemons that are killed while their store is cared for lose nothing`, async () => {
  const report = await killDuringCare(KILLS, seededRandom(11));
  console.log('kills in the care for the store:', JSON.stringify(report));
  expect(report.trimmed).toBeGreaterThan(0);
});

test(`a year of ${EVENTS} events stays within its budget`, async () => {
  const report = await compressedYear(EVENTS);
  console.log('a compressed year:', JSON.stringify(report));
  expect(report.overBudgetDays).toBe(0);
});
