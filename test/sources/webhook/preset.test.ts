import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openHooks, SECRET, signed } from './hooks.ts';
import { VECTORS } from './vectors.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';

const PUSH = JSON.stringify({
  ref: 'refs/heads/main',
  before: 'a'.repeat(40),
  after: 'b'.repeat(40),
  big: 1,
  repository: { full_name: 'octo/hello' },
  sender: { login: 'mona' },
  commits: [{ id: 'b'.repeat(40), message: 'One', author: { name: 'Mona' }, added: ['a.ts'] }],
}).replace('"big":1', '"big": 12345678901234567890');

describe('GitHub', () => {
  const hooks = [{ path: '/hooks/github', preset: 'github', secret: SECRET }];
  const headers = { 'x-github-event': 'push', 'x-github-delivery': '72d3162e' };

  test('pushes, and its delivery is the id of the event', async () => {
    const { post, records } = await openHooks({ hooks });
    const ask = () =>
      post('/hooks/github', { headers: { ...headers, ...signed(PUSH) }, body: PUSH });
    expect((await ask()).json).toEqual({ status: 'accepted', id: '72d3162e' });
    expect((await ask()).json).toEqual({ status: 'duplicate', id: '72d3162e' });
    const [record, ...others] = await records('git.pushed');
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      source: 'webhook:github',
      id: '72d3162e',
      subject: 'octo/hello',
    });
    expect(record?.attributes).toContain('"actor":"mona"');
    // As it was sent, to the last digit.
    expect(record?.data.endsWith(`,"raw":${PUSH}}`)).toBe(true);
  });

  test('may send a form', async () => {
    const { post, data } = await openHooks({ hooks });
    const body = `payload=${encodeURIComponent(PUSH)}`;
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const question = { headers: { ...headers, ...type, ...signed(body) }, body };
    expect((await post('/hooks/github', question)).status).toBe(202);
    expect(await data('git.pushed', 1)).toMatchObject([{ branch: 'main', files: ['a.ts'] }]);
  });

  test('starts flows by the type, with our shape in templates', async () => {
    const { post, data } = await openHooks({
      hooks,
      settings: {
        flows: {
          note: {
            on: { event: 'git.pushed', where: "payload.branch == 'main'" },
            steps: [{ emit: 'noted', data: { by: '{event.actor}', files: '{payload.files}' } }],
          },
        },
      },
    });
    await post('/hooks/github', { headers: { ...headers, ...signed(PUSH) }, body: PUSH });
    expect(await data('noted', 1)).toEqual([{ by: 'mona', files: ['a.ts'] }]);
  });

  test('whose body and our shape of it are together too large is told so', async () => {
    const { post } = await openHooks({ hooks });
    const files = Array.from({ length: 12_000 }, (_, n) => `${'x'.repeat(40)}${n}`);
    const body = JSON.stringify({ ref: 'refs/heads/main', commits: [{ added: files }] });
    expect(body.length).toBeLessThan(1_048_576);
    const question = { headers: { ...headers, ...signed(body) }, body };
    expect((await post('/hooks/github', question)).status).toBe(413);
  });
});

describe('Slack', () => {
  const now = String(Math.floor(Date.now() / 1_000));
  const hooks = [{ path: '/hooks/slack', preset: 'slack', secret: 's' }];
  const proof = (body: string): Record<string, string> => {
    const digest = createHmac('sha256', 's').update(`v0:${now}:${body}`).digest('hex');
    return { 'x-slack-request-timestamp': now, 'x-slack-signature': `v0=${digest}` };
  };

  test('has its challenge answered, once it is signed, and nothing recorded', async () => {
    const { post, records } = await openHooks({ hooks });
    const body = '{"type":"url_verification","token":"x","challenge":"3eZbrw1a"}';
    const answer = await post('/hooks/slack', { headers: proof(body), body });
    expect([answer.status, answer.text]).toEqual([200, '3eZbrw1a']);
    expect((await post('/hooks/slack', { headers: proof(`${body} `), body })).status).toBe(401);
    expect(await records('slack.*')).toEqual([]);
  });

  test('sends an event again under its id', async () => {
    const { post, records } = await openHooks({ hooks });
    const event = { type: 'app_mention', user: 'U1', channel: 'C1', text: 'hello' };
    const body = JSON.stringify({ type: 'event_callback', event_id: 'Ev1', event });
    const retry = { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' };
    expect((await post('/hooks/slack', { headers: proof(body), body })).status).toBe(202);
    const again = { headers: { ...proof(body), ...retry }, body };
    expect((await post('/hooks/slack', again)).json).toEqual({ status: 'duplicate', id: 'Ev1' });
    expect(await records('slack.app_mention')).toMatchObject([{ id: 'Ev1', subject: 'C1' }]);
  });

  test('commands as its documentation shows it', async () => {
    const vector = VECTORS.find(({ name }) => name === 'slack');
    const { headers = {}, secret, body = '', signedAt } = vector ?? {};
    const clock = new SimulatedClock(signedAt);
    const { post, data } = await openHooks({ hooks: [{ ...hooks[0], secret }], clock });
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const sent = { ...(headers as Record<string, string>), ...type };
    expect((await post('/hooks/slack', { headers: sent, body })).status).toBe(202);
    const command = { command: '/webhook-collect', user_name: 'roadrunner', text: '' };
    expect(await data('slack.command', 1)).toMatchObject([command]);
  });
});

test('Stripe sends its events under their ids', async () => {
  const vector = VECTORS.find(({ name }) => name === 'stripe');
  const { headers = {}, secret, body = '', signedAt } = vector ?? {};
  const clock = new SimulatedClock(signedAt);
  const hooks = [{ path: '/hooks/stripe', preset: 'stripe', secret }];
  const { post, records } = await openHooks({ hooks, clock });
  const sent = { headers: headers as Record<string, string>, body };
  expect((await post('/hooks/stripe', sent)).json).toEqual({ status: 'accepted', id: 'evt_123' });
  expect((await post('/hooks/stripe', sent)).status).toBe(200);
  const [record] = await records('stripe.invoiceitem.created');
  expect(record).toMatchObject({ id: 'evt_123', subject: 'ii_123', data: body });
});

test.each([
  [{ preset: 'gitlab' }, { 'idempotency-key': 'd1' }, 'gitlab.other'],
  [{ preset: 'gitea' }, { 'x-gitea-delivery': 'd1' }, 'gitea.other'],
  [{ preset: 'gitea' }, { 'x-forgejo-delivery': 'd1', 'x-forgejo-event': 'fork' }, 'gitea.fork'],
  [{ preset: 'github', id_header: 'X-Mine' }, { 'x-mine': 'd1' }, 'github.other'],
  [{ id_header: 'X-Mine' }, { 'x-mine': 'd1' }, 'webhook.received'],
])('a delivery to %j is called as %j says', async (source, headers, type) => {
  const { post, records } = await openHooks({
    hooks: [{ path: '/hooks/a', auth: 'none', ...source }],
  });
  expect((await post('/hooks/a', { headers, body: '{}' })).json).toMatchObject({ id: 'd1' });
  expect(await records(type)).toMatchObject([{ id: 'd1', subject: '/hooks/a' }]);
});
