import { expect, test } from 'vitest';
import { expectOnceForOneId, expectOnceWhereNobodyReads } from '../crash/redelivery.ts';

const EVENTS = 5_000;

test(`${EVENTS} events whose clients never read the first answer are recorded once`, async () => {
  const { recordedUnread } = await expectOnceWhereNobodyReads(EVENTS, 100);
  console.log(`${EVENTS} events, each delivered twice: ${recordedUnread} were recorded unread`);
  expect(recordedUnread).toBeGreaterThan(0);
});

test('one id, sent 1,000 times at once to each of twenty daemons, has one run', async () => {
  await expectOnceForOneId(1_000, 20);
});
