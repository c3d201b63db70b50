import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HookListener } from '../../../src/sources/webhook/listener.ts';
import { webhookConfig, webhookShape } from '../../../src/sources/webhook/shape.ts';
import { webhookSource } from '../../../src/sources/webhook/webhook.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { until } from '../../server/until.ts';
import { SourceBench } from '../bench.ts';
import { openHarness } from '../harness.ts';
import { openHooks, SECRET, signed, told } from './hooks.ts';
import { freePort } from '../../fixtures/free-port.ts';

const DEPLOY = { path: '/hooks/deploy', secret: SECRET, id_header: 'X-Delivery' };
const BODY = '{"environment": "production", "version": "1.2.3"}';

describe('a webhook', () => {
  test('is accepted once it is durable, with its body as it came', async () => {
    const { post, records } = await openHooks({ hooks: [DEPLOY] });
    const answer = await post('/hooks/deploy', { headers: signed(BODY), body: BODY });
    const recorded = await records('webhook.received');
    expect(answer).toMatchObject({ status: 202, json: { status: 'accepted' } });
    expect(recorded.map(({ data }) => data)).toEqual([BODY]);
    expect(recorded.map(told)).toEqual([
      {
        type: 'webhook.received',
        source: 'webhook:deploy',
        subject: '/hooks/deploy',
        trust: 'trusted',
      },
    ]);
  });

  test('is taken as the curl of the seed sends it', async () => {
    const { post, data } = await openHooks({ hooks: [DEPLOY] });
    const signature = signed(BODY)['x-hub-signature-256'];
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-signature': signature,
    };
    expect((await post('/hooks/deploy', { headers, body: BODY })).status).toBe(202);
    const bare = { ...headers, 'x-signature': signature.replace('sha256=', '') };
    expect((await post('/hooks/deploy', { headers: bare, body: BODY })).status).toBe(202);
    expect(await data('webhook.received', 2)).toEqual([JSON.parse(BODY), JSON.parse(BODY)]);
  });

  test('that comes again is a duplicate by its delivery id', async () => {
    const { post, records } = await openHooks({ hooks: [DEPLOY] });
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
    const { post, records } = await openHooks({ hooks: [DEPLOY] });
    const question = { headers: signed(BODY), body: BODY };
    await post('/hooks/deploy', question);
    expect((await post('/hooks/deploy', question)).status).toBe(202);
    expect(await records('webhook.received')).toHaveLength(2);
  });

  test('starts its handler, and one that is refused starts nothing', async () => {
    const { post, box } = await openHooks({
      hooks: [{ ...DEPLOY, handler: 'on-deploy' }],
      settings: { handlers: { 'on-deploy': { steps: [{ emit: 'deploy.noted' }] } } },
    });
    await post('/hooks/deploy', { headers: signed(`${BODY} `), body: BODY });
    await post('/hooks/deploy', { headers: signed(BODY), body: BODY });
    const stats = await until(async () => {
      const { runs, lag } = await box.stats();
      return lag.router === 0 && runs.succeeded > 0 ? runs : undefined;
    });
    expect(stats).toMatchObject({ succeeded: 1, failed: 0, running: 0, queued: 0 });
  });

  test('is heard without a secret where its source says so, and not believed', async () => {
    const { post, records } = await openHooks({ hooks: [{ path: '/hooks/open', auth: 'none' }] });
    const body = '<release version="1"/>';
    const headers = { 'content-type': 'application/xml' };
    expect((await post('/hooks/open', { headers, body })).status).toBe(202);
    const [record] = await records('webhook.received');
    expect(record && told(record)).toMatchObject({ trust: 'untrusted' });
    expect(record?.data).toBe(JSON.stringify(body));
    expect(record?.attributes).toContain('"datacontenttype":"application/xml"');
  });

  test('with a token is let in by it', async () => {
    const hooks = [{ path: '/hooks/alerts', auth: 'token', secret: 'wandering-otter' }];
    const { post } = await openHooks({ hooks });
    const ask = async (authorization: string): Promise<number> =>
      (await post('/hooks/alerts', { headers: { authorization }, body: '{}' })).status;
    expect(await ask('Bearer wandering-otter')).toBe(202);
    expect(await ask('Bearer wandering-otte')).toBe(401);
    expect(await ask('')).toBe(401);
  });
});

test('a webhook that there is no room for is told when to come again', async () => {
  const { post, box, records } = await openHooks({
    hooks: [{ ...DEPLOY, handler: 'slow' }],
    settings: {
      queue_limit: 2,
      queue_overflow: 'error',
      handlers: { slow: { steps: [{ emit: 'done' }] } },
    },
  });
  await box.pause(undefined, { by: 'owner', reason: 'a test' });
  const ask = () => post('/hooks/deploy', { headers: signed(BODY), body: BODY });
  const refused = await until(async () => {
    const answer = await ask();
    return answer.status === 202 ? undefined : answer;
  });
  expect([refused.status, refused.json['code']]).toEqual([429, 'queue.full']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  // It is no refusal of who sends: nothing is said of it.
  expect(await records('webhook.rejected')).toEqual([]);
});

test('a webhook is held to a limit of its own as soon as that is in force', async () => {
  const hook = { ...DEPLOY, name: 'deploy', handler: 'slow' };
  const handlers = { slow: { steps: [{ emit: 'done' }] } };
  const { post, box, directory } = await openHooks({ hooks: [hook], settings: { handlers } });
  await box.pause(undefined, { by: 'owner', reason: 'a test' });
  const ask = () => post('/hooks/deploy', { headers: signed(BODY), body: BODY });
  expect([(await ask()).status, (await ask()).status]).toEqual([202, 202]);
  const source = { type: 'webhook', ...hook, queue_limit: 3, queue_overflow: 'error' };
  const yaml = JSON.stringify({ webhook_port: 0, sources: [source], handlers });
  writeFileSync(join(directory, 'signalbox.yaml'), yaml);
  expect(await box.reload({ actor: 'tests' })).toMatchObject({ ok: true, activated: true });
  expect((await ask()).status).toBe(202);
  const refused = await ask();
  expect([refused.status, refused.json['code']]).toEqual([429, 'source.full']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(box.sources()).toMatchObject([{ waiting: 3, limit: 3 }]);
});

/** S31 of the security matrix. */
describe('a secret that is changed', () => {
  test('is good beside the new one until its time, and not after it', async () => {
    const clock = new SimulatedClock(Date.parse('2026-11-30T23:59:59Z'));
    const secrets = ['new', { value: 'old', until: '2026-12-01T00:00:00Z' }];
    const { post } = await openHooks({ hooks: [{ path: '/hooks/a', secrets }], clock });
    const ask = async (secret: string): Promise<number> =>
      (await post('/hooks/a', { headers: signed('{}', secret), body: '{}' })).status;
    expect([await ask('new'), await ask('old'), await ask('older')]).toEqual([202, 202, 401]);
    clock.step(1_000);
    expect([await ask('new'), await ask('old')]).toEqual([202, 401]);
  });
});

describe('a source that is changed', () => {
  test('leaves no webhook unheard, nor a port closed', async () => {
    const hook = { ...DEPLOY, name: 'deploy' };
    const { post, box, url, directory, records } = await openHooks({ hooks: [hook] });
    let sent = 0;
    const statuses = new Set<number>();
    const changing = new AbortController();
    const send = async (): Promise<void> => {
      while (!changing.signal.aborted) {
        const headers = { ...signed(BODY), 'x-delivery': `d-${sent++}` };
        statuses.add((await post('/hooks/deploy', { headers, body: BODY })).status);
      }
    };
    const sending = Array.from({ length: 8 }, send);
    for (let n = 0; n < 10; n++) {
      const source = { type: 'webhook', ...hook, tolerance: `${n + 1}m` };
      const yaml = JSON.stringify({ webhook_port: 0, sources: [source] });
      writeFileSync(join(directory, 'signalbox.yaml'), yaml);
      expect(await box.reload({ actor: 'owner' })).toMatchObject({ ok: true, activated: true });
    }
    changing.abort();
    await Promise.all(sending);
    expect([...statuses]).toEqual([202]);
    expect(await records('webhook.received')).toHaveLength(sent);
    expect(await records('source.stopped')).toHaveLength(10);
    expect((await post('/hooks/deploy')).status).toBe(401);
    expect(url).not.toBe('');
  });
});

describe('a source that is heard under another path', () => {
  test('leaves nobody waiting under the old one, nor a port open when all stop', async () => {
    const hook = { ...DEPLOY, name: 'deploy' };
    const { post, box, url, directory } = await openHooks({ hooks: [hook] });
    const sources = [{ type: 'webhook', ...hook, path: '/hooks/other' }];
    const file = join(directory, 'signalbox.yaml');
    writeFileSync(file, JSON.stringify({ webhook_port: 0, sources }));
    expect(await box.reload({ actor: 'tests' })).toMatchObject({ ok: true });
    const request = { headers: signed(BODY), body: BODY };
    expect((await post('/hooks/deploy', request)).status).toBe(404);
    expect((await post('/hooks/other', request)).status).toBe(202);
    await box.stop();
    const later = connect(Number(new URL(url).port), '127.0.0.1');
    const [error] = (await once(later, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });
});

describe('the listener', () => {
  test('is open while there is a webhook source, and says where', async () => {
    const open = await openHarness({
      yaml: JSON.stringify({ webhook_port: 0, sources: [{ type: 'webhook', ...DEPLOY }] }),
    });
    expect(open.box.hooksUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/hooks$/);
    await open.box.stop();
    expect(open.box.hooksUrl).toBeUndefined();
    const without = await openHarness({ yaml: 'flows: {}' });
    expect(without.box.hooksUrl).toBeUndefined();
  });

  test('whose port is taken is tried again until it is free', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { box, records } = await openHarness({
      yaml: JSON.stringify({ webhook_port: port, sources: [{ type: 'webhook', ...DEPLOY }] }),
    });
    const first = (type: string) => until(async () => (await records(type))[0]);
    const degraded = await first('source.degraded');
    expect(degraded.subject).toBe('webhook:deploy');
    expect(degraded.data).toContain(`Another program listens on http://127.0.0.1:${port}`);
    expect(box.sources()).toMatchObject([{ name: 'webhook:deploy', state: 'degraded' }]);
    other.close();
    expect((await first('source.recovered')).subject).toBe('webhook:deploy');
    expect(box.hooksUrl).toBe(`http://127.0.0.1:${port}/hooks`);
  });

  test('has each path once', async () => {
    const hooks = [DEPLOY, { ...DEPLOY, name: 'second' }];
    const said = '"webhook:deploy" has the path /hooks/deploy already; give this one its own';
    await expect(openHooks({ hooks })).rejects.toThrow(said);
    const listener = new HookListener({ host: '127.0.0.1', port: 0, hosts: [] });
    const config = webhookConfig(webhookShape.schema.parse(DEPLOY));
    const bench = await SourceBench.open({
      kinds: [webhookSource(listener)],
      sources: ['first', 'second'].map((name) => {
        return { name, type: 'webhook', handlers: [], trust: 'trusted', config };
      }),
    });
    await bench.sources.start();
    expect(bench.sources.views()).toMatchObject([
      { name: 'first', state: 'running' },
      { name: 'second', state: 'degraded', error: expect.stringContaining('its own') },
    ]);
  });
});
