import { expect, test } from 'vitest';
import { cutBefore, FOR_GOOD, keptUntil } from '../../../src/routing/retention/policy.ts';
import { retentionSchema } from '../../../src/routing/retention/shape.ts';
import { DAY_MS, NINETY_DAYS } from './tended.ts';

const NOW = 1_000 * DAY_MS;

test('events go when their time is over, and any where the store is over its budget', () => {
  const limited = { ...NINETY_DAYS, size: 1_000 };
  expect(cutBefore(NINETY_DAYS, { now: NOW, used: 5_000 })).toBe(910 * DAY_MS);
  expect(cutBefore(limited, { now: NOW, used: 1_000 })).toBe(910 * DAY_MS);
  expect(cutBefore(limited, { now: NOW, used: 1_001 })).toBe(NOW);
  const sized = { decisions: 0, size: 1_000 };
  expect(cutBefore(sized, { now: NOW, used: 999 })).toBeUndefined();
});

test.each([
  ['catalog.activated', FOR_GOOD],
  ['flow.paused', FOR_GOOD],
  ['flow.resumed', FOR_GOOD],
  ['log.restored', FOR_GOOD],
  ['event.erased', 407 * DAY_MS],
  ['dead_letter.dropped', 407 * DAY_MS],
  ['proposal.approved', 407 * DAY_MS],
  ['run.started', undefined],
  ['receipts.counted', undefined],
])('of our records %s is kept until %s', (type, until) => {
  const record = { type, source: null, received: 7 * DAY_MS };
  expect(keptUntil(record, NINETY_DAYS)).toBe(until);
  expect(keptUntil({ ...record, source: 'a sender of that name' }, NINETY_DAYS)).toBeUndefined();
});

test('a policy keeps decisions at least as long as events, and says what is wrong', () => {
  const read = (written: unknown): unknown =>
    retentionSchema.safeParse(written).error?.issues.map(({ message }) => message);
  expect(retentionSchema.parse({ events: '90d', size: '2GiB' })).toEqual({
    events: 90 * DAY_MS,
    decisions: 400 * DAY_MS,
    size: 2 * 1_024 ** 3,
  });
  expect(read({ events: '500d' })).toEqual(['are kept at least as long as events are']);
  expect(read({ size: '1MiB' })).toEqual(['is a size of at least 16MiB, such as 20GiB']);
  expect(read({ events: '0s' })).toHaveLength(1);
  expect(read({ beats: '7d' })).toHaveLength(1);
});
