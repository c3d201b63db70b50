import { expect, test } from 'vitest';
import { expectOneOfEachPair } from '../crash/rivals.ts';

const PAIRS = Number(process.env['PAIRS'] ?? 200);
const REFUSAL_MS_MAX = 1_000;

test(`of ${PAIRS} pairs that start at once, one works and the other names it`, async () => {
  const tookMs = await expectOneOfEachPair(PAIRS);
  console.log(`${PAIRS} pairs of daemons: a refusal took ${Math.round(tookMs)} ms at most`);
  expect(tookMs).toBeLessThan(REFUSAL_MS_MAX);
});
