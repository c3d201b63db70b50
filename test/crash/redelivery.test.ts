import { expect, test } from 'vitest';
import { expectOnceForOneId, expectOnceWhereNobodyReads } from './redelivery.ts';

/** F36 of the fault matrix. */
test('a client that hangs up and sends again has its event recorded once', async () => {
  const { recordedUnread, deliveries } = await expectOnceWhereNobodyReads(500, 1);
  console.log(`${deliveries} deliveries of 500 events: ${recordedUnread} were recorded unread`);
  // Else all of them were cut too early to prove anything.
  expect(recordedUnread).toBeGreaterThan(0);
});

/** F37 of the fault matrix. */
test('one id, sent 1,000 times at once to each of three daemons, has one run', async () => {
  await expectOnceForOneId(1_000, 3);
});
