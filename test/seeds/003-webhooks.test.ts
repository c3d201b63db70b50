import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openHooks } from '../sources/webhook/hooks.ts';

const SECRET = 'wandering-otter';
const BODY = '{"environment": "production", "version": "1.2.3"}';
const SIGNATURE = `sha256=${createHmac('sha256', SECRET).update(BODY).digest('hex')}`;

describe('Seed 003, webhook handler: external service events trigger processing', () => {
  const hooks = [
    { path: '/hooks/deploy', secret: '${WEBHOOK_SECRET}', handler: 'on-deploy-webhook' },
  ];
  const data = { environment: '{payload.environment}', version: '{payload.version}' };
  const settings = { handlers: { 'on-deploy-webhook': { steps: [{ emit: 'deployed', data }] } } };
  const env = { WEBHOOK_SECRET: SECRET };
  /** What `curl -d` sends. */
  const type = { 'content-type': 'application/x-www-form-urlencoded' };

  test('"External service calls webhook when deployment completes"', async () => {
    const opened = await openHooks({ hooks, settings, env });
    const headers = { ...type, 'x-signature': SIGNATURE };
    const answer = await opened.post('/hooks/deploy', { headers, body: BODY });
    expect(answer.json).toMatchObject({ status: 'accepted' });
    expect(await opened.data('deployed', 1)).toEqual([JSON.parse(BODY)]);
  });

  test('"Webhook rejects invalid signatures."', async () => {
    const opened = await openHooks({ hooks, settings, env });
    const headers = { ...type, 'x-signature': SIGNATURE.replace(/.$/, 'x') };
    expect((await opened.post('/hooks/deploy', { headers, body: BODY })).status).toBe(401);
    expect(await opened.records('webhook.received')).toEqual([]);
  });
});
