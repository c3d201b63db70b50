import { expect, test } from 'vitest';
import { expectOnceWhereNobodyReads, killUnderWebhooks } from '../crash/webhook-senders.ts';

/** How often a daemon is killed under webhooks. */
const KILLS = Number(process.env['KILLS'] ?? 200);
const KILLS_A_LOG = 20;
/** How many deliveries are hung up on. */
const DELIVERIES = Number(process.env['DELIVERIES'] ?? 5_000);

test.each(Array.from({ length: Math.ceil(KILLS / KILLS_A_LOG) }, (_, index) => index + 100))(
  'a daemon that is killed 20 times under webhooks loses none: seed %i',
  async (seed) => {
    expect((await killUnderWebhooks(KILLS_A_LOG, seed)).lost).toBe(0);
  },
);

test('senders that hang up and send again have each webhook recorded once', async () => {
  await expectOnceWhereNobodyReads(DELIVERIES, 2);
});
