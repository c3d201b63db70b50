import { test } from 'vitest';
import { expectOneOfEachPair } from './rivals.ts';

const PAIRS = 20;

/** F21 of the fault matrix. */
test(`of ${PAIRS} pairs of daemons that start at once, one works and the other names it`, async () => {
  const tookMs = await expectOneOfEachPair(PAIRS);
  console.log(`${PAIRS} pairs of daemons: a refusal took ${Math.round(tookMs)} ms at most`);
}, 90_000);
