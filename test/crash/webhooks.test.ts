import { expect, test } from 'vitest';
import {
  expectOneRunForOneDelivery,
  expectOnceWhereNobodyReads,
  killUnderWebhooks,
} from './webhook-senders.ts';

/** Row 7 of the table of goals. */
test('a daemon that is killed under load loses none of the webhooks that it accepted', async () => {
  const { accepted, lost, kills } = await killUnderWebhooks(5, 7);
  console.log(`${accepted} accepted webhooks over ${kills} kills: ${lost} lost`);
  expect(accepted).toBeGreaterThan(200);
  expect(lost).toBe(0);
});

/** F36 of the fault matrix. */
test('a sender that hangs up and sends again has its webhook recorded once', async () => {
  await expectOnceWhereNobodyReads(300, 1);
});

/** F37 of the fault matrix. */
test('one delivery, sent 1,000 times at once to each of two daemons, has one run', async () => {
  await expectOneRunForOneDelivery(1_000, 2);
});
