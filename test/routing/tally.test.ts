import { expect, test } from 'vitest';
import { decodeTally, NO_TALLY } from '../../src/routing/tally.ts';

test('a tally of nothing is nothing of everything', () => {
  expect(decodeTally('{}')).toEqual(NO_TALLY);
});

test('a tally is read back as it was kept', () => {
  const tally = {
    started: 1,
    filtered: 2,
    unmatched: 3,
    coalesced: 9,
    held: 2,
    dropped: 8,
    dead_lettered: 4,
    succeeded: 5,
    failed: 6,
    noop: 7,
    declined: 3,
    cancelled: 8,
    compensated: 0,
    compensation_stuck: 0,
    called: 9,
  };
  expect(decodeTally(JSON.stringify(tally))).toEqual(tally);
});

test('what an older daemon did not count, is none yet', () => {
  expect(decodeTally('{"started":7}')).toEqual({ ...NO_TALLY, started: 7 });
});

test('counting on leaves other tallies alone', () => {
  const tally = decodeTally('{}');
  tally.started++;
  expect(decodeTally('{}').started).toBe(0);
  expect(NO_TALLY.started).toBe(0);
});
