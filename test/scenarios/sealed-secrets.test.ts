import { createHmac } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EventView } from '../../src/views/event-view.ts';
import { makeFolder, type RunningDaemon, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';
import { bytesIn, hunted } from '../fixtures/canaries.ts';
import { startTarget, type Target } from '../fixtures/http-target.ts';

const SECRET = 'sealed-canary-6b1f0c';
/** In a field that strangers call so, and in a text. */
const STRAY = { password: 'stray-canary-77aa', pat: `ghp_${'strayCANARY9'.repeat(3)}` };
const CANARIES = { SECRET, ...STRAY };
const ENV = { HOOK: 'hook-secret-0123456789' };

function folderOf({ port, url }: Target): string {
  const headers = { authorization: 'Bearer {secrets.API_TOKEN}' };
  const source = { type: 'webhook', path: '/hooks/a', secret: '${HOOK}', handler: 'deploy' };
  const steps = [
    { id: 'plain', run: ['node', '-p', 'process.env.API_TOKEN + " {payload.login.token}"'] },
    { id: 'given', secrets: ['API_TOKEN'], run: ['node', '-p', 'process.env.API_TOKEN'] },
    { id: 'call', secrets: ['API_TOKEN'], http: { url: `${url}/x`, headers, json: '{payload}' } },
    { id: 'none', secrets: ['OTHER'], run: ['node', '-v'], on_error: 'continue' },
    { emit: 'copied', data: '{payload}' },
  ];
  const again = {
    on: 'copied',
    steps: [{ id: 'try', secrets: ['API_TOKEN'], run: ['node', '-v'] }],
  };
  return makeFolder({
    'signalbox.yaml': JSON.stringify({
      webhook_port: 0,
      security: { http_allow: [`127.0.0.1:${port}`] },
      sources: [{ ...source, secret_fields: { API_TOKEN: 'login.token' } }],
      handlers: { deploy: { steps } },
      flows: { again },
    }),
  });
}

async function deliver({ ready }: RunningDaemon, id: string): Promise<unknown> {
  const sent = { id, login: { token: SECRET }, note: `by ${STRAY.pat}`, ...STRAY };
  const body = JSON.stringify(sent);
  const signature = createHmac('sha256', ENV.HOOK).update(body).digest('hex');
  const headers = { 'content-type': 'application/json', 'x-signature': signature };
  const answer = await fetch(`${ready.hooks}/a`, { method: 'POST', headers, body });
  return [answer.status, ((await answer.json()) as { status: string }).status];
}

/** S30 of the security matrix, and the secrets of DESIGN §4 that are no part of the log. */
test('a secret of a delivery reaches the steps that list it, nothing that is kept', async () => {
  let hold = true;
  const target = await startTarget((response) => void (hold || response.end('done')));
  onTestFinished(() => target.stop());
  const folder = folderOf(target);
  const daemon = await startDaemon(folder, [], { env: ENV });
  expect(await deliver(daemon, '1')).toEqual([202, 'accepted']);
  await expect.poll(() => target.received.length, { timeout: 120_000 }).toBe(1);
  await daemon.end('SIGKILL');
  expect(hunted([...bytesIn(folder).values()].join('\n'), CANARIES)).toEqual([]);

  hold = false;
  const again = await startDaemon(folder, [], { env: ENV });
  const client = new ApiClient(again.ready);
  await client.quiet();
  const runs = await client.runs();
  expect(target.received.map(({ headers }) => headers.authorization)).toEqual([
    `Bearer ${SECRET}`,
    `Bearer ${SECRET}`,
  ]);
  const deploy = runs.find(({ flow }) => flow === 'deploy');
  const reference = expect.stringMatching(/^undefined secret:API_TOKEN:[\da-f]{32}$/) as string;
  expect(deploy).toMatchObject({
    state: 'succeeded',
    steps: [
      { id: 'plain', output: reference },
      { id: 'given', output: '[secret]' },
      { id: 'call', output: { status: 200, body: 'done' } },
      { id: 'none', error: { code: 'secret.gone' } },
      {},
    ],
  });
  // The event that was emitted is another one: it opens nothing.
  const { steps: tried } = runs.find(({ flow }) => flow === 'again') ?? {};
  expect(tried).toMatchObject([{ error: { code: 'secret.gone' } }]);
  const { items } = await client.get<{ items: EventView[] }>('/events?type=webhook.received');
  expect(items[0]?.data).toMatchObject({
    note: 'by [secret]',
    password: '[secret]',
    pat: '[secret]',
    login: { token: expect.stringContaining('secret:API_TOKEN:') as string },
  });
  const key = join(folder, '.signalbox', 'secrets.key');
  expect(statSync(key).mode & 0o777).toBe(0o600);
  const shown = await signalbox(folder, ['events', 'export']);
  expect(await again.end()).toBe(0);
  const kept = [...bytesIn(folder).values(), shown.stdout, again.log(), daemon.log()].join('\n');
  expect(hunted(kept, CANARIES)).toEqual([]);
  await expectSoundLog(folder);
});
