import { describe, expect, test } from 'vitest';
import { openHooks, SECRET, signed, told } from './hooks.ts';

const DEPLOY = { path: '/hooks/deploy', secret: SECRET, id_header: 'X-Delivery' };
const BODY = '{"environment": "production", "version": "1.2.3"}';

describe('a webhook', () => {
  test('is accepted once it is durable, with its body as it came', async () => {
    const { post, records } = await openHooks({ sources: [DEPLOY] });
    const answer = await post('/hooks/deploy', { headers: signed(BODY), body: BODY });
    const [record] = await records('webhook.received');
    expect(record?.data).toBe(BODY);
    expect(answer).toMatchObject({ status: 202, json: { status: 'accepted' } });
    expect(record && told(record)).toMatchObject({
      type: 'webhook.received',
      source: 'webhook:deploy',
      subject: '/hooks/deploy',
      trust: 'trusted',
    });
  });

  test('that comes again is a duplicate by its delivery id', async () => {
    const { post, records } = await openHooks({ sources: [DEPLOY] });
    const headers = { ...signed(BODY), 'x-delivery': 'd-1' };
    const first = await post('/hooks/deploy', { headers, body: BODY });
    expect([first.status, first.json]).toEqual([202, { status: 'accepted', id: 'd-1' }]);
    const again = await post('/hooks/deploy', { headers, body: BODY });
    expect([again.status, again.json]).toEqual([200, { status: 'duplicate', id: 'd-1' }]);
    const other = '{"version":"6.6.6"}';
    const changed = { headers: { ...signed(other), 'x-delivery': 'd-1' }, body: other };
    expect((await post('/hooks/deploy', changed)).status).toBe(200);
    expect(await records('webhook.received')).toHaveLength(1);
  });

  test('without a delivery id is an event of its own each time', async () => {
    const { post, records } = await openHooks({ sources: [DEPLOY] });
    const question = { headers: signed(BODY), body: BODY };
    await post('/hooks/deploy', question);
    expect((await post('/hooks/deploy', question)).status).toBe(202);
    expect(await records('webhook.received')).toHaveLength(2);
  });
});
