import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/std/random.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import type { Answer } from '../../server/api.ts';
import { openSocket } from '../../server/raw-socket.ts';
import { type Hooks, openHooks, SECRET, signed } from './hooks.ts';

const GENERIC = { path: '/hooks/generic', secret: SECRET };
const BODY = '{"version":"1.2.3"}';
const RSS_BYTES_MAX = 50 * 1_048_576;

/** What a refusal says, and that it says nothing of our insides. */
function refusal({ status, text, headers, json }: Answer): string {
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(text).not.toMatch(/\bat \S+ \(|node_modules|\.[tj]s:\d/);
  return `${status} ${String(json['code'])}`;
}

/** S14 of the security matrix. */
describe('a signature that is wrong', () => {
  const now = Math.floor(Date.now() / 1_000);
  const hmac = (text: string, encoding: 'hex' | 'base64' = 'hex'): string =>
    createHmac('sha256', Buffer.from('c2VjcmV0', 'base64')).update(text).digest(encoding);
  const stamp = String(now);
  const SENDERS = [
    { preset: 'github', headers: { 'x-hub-signature-256': `sha256=${hmac(BODY)}` } },
    { preset: 'gitea', headers: { 'x-gitea-signature': hmac(BODY) } },
    { preset: 'gitlab', headers: { 'x-gitlab-token': 'secret' } },
    {
      preset: 'slack',
      headers: {
        'x-slack-signature': `v0=${hmac(`v0:${stamp}:${BODY}`)}`,
        'x-slack-request-timestamp': stamp,
      },
    },
    {
      preset: 'stripe',
      headers: { 'stripe-signature': `t=${stamp},v1=${hmac(`${stamp}.${BODY}`)}` },
    },
    {
      preset: 'standard-webhooks',
      headers: {
        'webhook-signature': `v1,${hmac(`m1.${stamp}.${BODY}`, 'base64')}`,
        'webhook-id': 'm1',
        'webhook-timestamp': stamp,
      },
    },
  ];

  test('is refused 500 times of 500, and the right one taken after that', async () => {
    const hooks = SENDERS.map(({ preset }) => {
      const secret = preset === 'standard-webhooks' ? 'whsec_c2VjcmV0' : 'secret';
      return { path: `/hooks/${preset}`, preset, secret };
    });
    const { post, records } = await openHooks({ hooks });
    const random = seededRandom(14);
    const pick = (count: number): number => Math.floor(random() * count);
    const counts = new Map<number, number>();
    for (let n = 0; n < 500; n++) {
      const { preset, headers } = SENDERS[n % SENDERS.length] ?? { preset: '', headers: {} };
      const mutated = mutate(headers, pick);
      const { status } = await post(`/hooks/${preset}`, { headers: mutated, body: BODY });
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    expect([...counts]).toEqual([[401, 500]]);
    for (const { preset, headers } of SENDERS) {
      expect((await post(`/hooks/${preset}`, { headers, body: BODY })).status).toBe(202);
    }
    const types = ['github.other', 'gitea.other', 'gitlab.other', 'slack.other', 'stripe.other'];
    for (const type of [...types, 'webhook.received']) {
      expect([type, (await records(type)).length]).toEqual([type, 1]);
    }
  });
});

type Headers = Readonly<Record<string, string | undefined>>;

/** Changes, cuts, lengthens or empties a header that is part of the proof. */
function mutate(headers: Headers, pick: (count: number) => number): Record<string, string> {
  const names = Object.keys(headers);
  const name = names[pick(names.length)] ?? '';
  const text = headers[name] ?? '';
  const at = pick(text.length);
  const other = String.fromCharCode(text.charCodeAt(at) === 0x78 ? 0x79 : 0x78);
  const proof = name.endsWith('id') ? text : text.replace(/^\w+=/, '');
  const changed = [
    `${text.slice(0, at)}${other}${text.slice(at + 1)}`,
    text.slice(0, -1 - pick(text.length - 1)),
    `${text}0`,
    '',
    proof.replaceAll(/./g, '0'),
    `${text.slice(0, at)}\u00e9${text.slice(at)}`,
  ][pick(6)];
  return { ...(headers as Record<string, string>), [name]: changed ?? '' };
}

test('a signature is over the bytes that came: S15', async () => {
  const { post } = await openHooks({ hooks: [GENERIC] });
  const sent = '{"b":1, "a":"\u00e9"}';
  const ask = async (body: string): Promise<number> =>
    (await post(GENERIC.path, { headers: signed(sent), body })).status;
  expect(await ask(sent)).toBe(202);
  expect(await ask(JSON.stringify(JSON.parse(sent)))).toBe(401);
  expect(await ask(sent.normalize('NFD'))).toBe(401);
  const twice = '{"a":1,"a":2}';
  const answer = await post(GENERIC.path, { headers: signed(twice), body: twice });
  expect(refusal(answer)).toBe('400 json.duplicate_member');
});

test('what was signed long ago is refused, and what comes again starts nothing: S16', async () => {
  const clock = new SimulatedClock(1_614_265_330_000);
  const hook = {
    path: '/hooks/standard',
    preset: 'standard-webhooks',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    tolerance: '5m',
  };
  const { post, records } = await openHooks({ hooks: [hook], clock });
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const ask = () => post('/hooks/standard', { headers, body: '{"test": 2432232314}' });
  expect((await ask()).json).toEqual({ status: 'accepted', id: 'msg_p5jXN8AQM9LWM0D4loKWxJek' });
  clock.step(299_000);
  expect((await ask()).json).toEqual({ status: 'duplicate', id: 'msg_p5jXN8AQM9LWM0D4loKWxJek' });
  clock.step(2_000);
  expect(refusal(await ask())).toBe('401 webhook.stale');
  expect(await records('webhook.received')).toHaveLength(1);
});

describe('S17: a body of another type', () => {
  test.each([
    ['multipart/form-data; boundary=x'],
    ['application/octet-stream'],
    ['application/json; charset=utf-16'],
    ['application/json, multipart/form-data'],
    [''],
  ])('%s is refused, signed or not', async (type) => {
    const { post } = await openHooks({ hooks: [GENERIC] });
    const headers = { ...signed(BODY), 'content-type': type };
    const answer = await post(GENERIC.path, { headers, body: BODY });
    expect(refusal(answer)).toBe('415 request.media_type');
    expect(answer.headers['accept-post']).toContain('application/json');
  });

  test('packed is refused before it is unpacked', async () => {
    const { post } = await openHooks({ hooks: [GENERIC] });
    const body = gzipSync(Buffer.alloc(1_000_000, 0x20));
    const headers = { ...signed(body), 'content-encoding': 'gzip' };
    expect(refusal(await post(GENERIC.path, { headers, body }))).toBe('415 request.media_type');
  });

  test('is refused though a file is named in it, and nothing is opened', async () => {
    const { post, data } = await openHooks({ hooks: [GENERIC] });
    const body = JSON.stringify({ files: { x: { filepath: '/etc/passwd' } } });
    await post(GENERIC.path, { headers: signed(body), body });
    expect(await data('webhook.received', 1)).toEqual([JSON.parse(body)]);
  });
});

describe('S18: a request that is too large or too slow', () => {
  test('of a gibibyte is refused by its own word', async () => {
    const hooks = await openHooks({ hooks: [GENERIC] });
    const socket = await openSocket({ server: hooks });
    await socket.send(head('Content-Length: 1073741824'));
    expect(await socket.received).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('without an end is cut off, and costs little memory', async () => {
    const hooks = await openHooks({ hooks: [GENERIC] });
    const before = process.memoryUsage().rss;
    const socket = await openSocket({ server: hooks });
    await socket.send(head('Transfer-Encoding: chunked'));
    const chunk = Buffer.concat([
      Buffer.from('10000\r\n'),
      Buffer.alloc(65_536, 0x20),
      Buffer.from('\r\n'),
    ]);
    for (let sent = 0; sent < 4_096 && socket.isOpen(); sent++) await socket.send(chunk);
    expect(await socket.received).toMatch(/^HTTP\/1\.1 413 /);
    expect(process.memoryUsage().rss - before).toBeLessThan(RSS_BYTES_MAX);
  });

  test('has the limit that its source says', async () => {
    const { post } = await openHooks({ hooks: [{ ...GENERIC, body_limit: '100B' }] });
    const ask = async (length: number): Promise<Answer> => {
      const body = JSON.stringify('x'.repeat(length - 2));
      return post(GENERIC.path, { headers: signed(body), body });
    };
    expect((await ask(100)).status).toBe(202);
    expect(refusal(await ask(101))).toBe('413 request.too_large');
  });

  test('with seventeen kibibytes of headers is refused', async () => {
    const hooks = await openHooks({ hooks: [GENERIC] });
    const socket = await openSocket({ server: hooks });
    await socket.send(head(`X-Long: ${'a'.repeat(17 * 1_024)}`));
    expect(await socket.received).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('whose headers or body never end is hung up on', async () => {
    const limits = { headersMs: 1_000, requestMs: 2_000, sweepMs: 20 };
    const hooks = await openHooks({ hooks: [GENERIC], limits });
    const slow = await openSocket({ server: hooks });
    await slow.send('POST /hooks/generic HTTP/1.1\r\nHost: localhost\r\nX-');
    const stuck = await openSocket({ server: hooks });
    await stuck.send(`${head('Content-Length: 100')}{`);
    expect(await slow.received).toMatch(/^HTTP\/1\.1 408 /);
    expect(await stuck.received).toMatch(/^HTTP\/1\.1 408 /);
    expect((await hooks.post(GENERIC.path, { headers: signed(BODY), body: BODY })).status).toBe(
      202,
    );
  });

  test('makes room for the next one at the limit of connections', async () => {
    const hooks = await openHooks({ hooks: [GENERIC], limits: { connections: 3 } });
    const sockets = [];
    for (let n = 0; n < 4; n++) sockets.push(await openSocket({ server: hooks }));
    expect(await sockets[0]?.received).toBe('');
    expect(sockets.slice(1).map((socket) => socket.isOpen())).toEqual([true, true, true]);
  });
});

/** The beginning of a request with these further headers. */
function head(...lines: readonly string[]): string {
  const first = 'POST /hooks/generic HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json';
  return `${[first, ...lines].join('\r\n')}\r\n\r\n`;
}

test('JSON that nests without an end is refused before anything walks it: S19', async () => {
  const { post } = await openHooks({ hooks: [GENERIC] });
  for (const body of ['['.repeat(200_000), '{"a":'.repeat(200_000)]) {
    const answer = await post(GENERIC.path, { headers: signed(body), body });
    expect(refusal(answer)).toBe('400 json.too_deep');
  }
});

test.each(['github', 'gitlab', 'gitea', 'slack', 'stripe', undefined])(
  'a body that names our insides changes nothing, sent to %s: S20',
  async (preset) => {
    const hook = { path: '/hooks/a', auth: 'none', ...(preset === undefined ? {} : { preset }) };
    const { post } = await openHooks({ hooks: [hook] });
    const inner = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const names = ['repository', 'issue', 'changes', 'object_attributes', 'project', 'event'];
    const members = names.map((name) => `"${name}":${inner}`).join(',');
    const body = `{"__proto__":${inner},${members},"object_kind":"issue","type":"constructor"}`;
    for (const event of ['issues', 'push', '__proto__', 'constructor']) {
      const headers = { 'x-github-event': event, 'x-gitea-event': event };
      expect((await post('/hooks/a', { headers, body })).status).toBe(202);
    }
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  },
);

describe('who is not meant to be heard', () => {
  test('is refused: S1, S2, S4', async () => {
    const { post } = await openHooks({ hooks: [GENERIC], hosts: ['ci.example'] });
    const ask = async (path: string, headers: Record<string, string> = {}): Promise<string> => {
      const answer = await post(path, { headers: { ...signed(BODY), ...headers }, body: BODY });
      return answer.status === 202 ? '202' : refusal(answer);
    };
    expect(await ask('/hooks/generic')).toBe('202');
    expect(await ask('/hooks/generic?x=1')).toBe('202');
    expect(await ask('/hooks/generic', { host: 'ci.example' })).toBe('202');
    expect(await ask('/hooks/generic', { host: 'evil.example' })).toBe('421 request.unknown_host');
    const foreign = { origin: 'http://evil.example' };
    expect(await ask('/hooks/generic', foreign)).toBe('403 request.cross_site');
    const sites = { 'sec-fetch-site': 'cross-site' };
    expect(await ask('/hooks/generic', sites)).toBe('403 request.cross_site');
    for (const path of [
      '/',
      '/hooks',
      '/hooks/generic/',
      '/hooks//generic',
      '/hooks/./generic',
      '/hooks/x/../generic',
      '/hooks/%67eneric',
      '/HOOKS/generic',
      '/hooks/generic;x',
      '/api/v1/events',
      '/healthz',
    ]) {
      expect([path, await ask(path)]).toEqual([path, '404 route.unknown']);
    }
  });

  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    'may not ask by %s',
    async (method) => {
      const { post } = await openHooks({ hooks: [GENERIC] });
      const { status, headers } = await post(GENERIC.path, { method });
      expect([status, headers.allow]).toEqual([405, 'POST']);
    },
  );
});

describe('a refused request', () => {
  test('is recorded with its reason and address, without a word of it', async () => {
    const { post, data, records } = await openHooks({ hooks: [GENERIC] });
    await post(GENERIC.path, { headers: signed('x'), body: '{"canary":"kiwi"}' });
    await post('/hooks/generik?canary=kiwi', { body: '{}' });
    const address = '127.0.0.1';
    const request: unknown = expect.stringMatching(/^[0-9a-z]{10}-\d$/);
    expect(await data('webhook.rejected', 2)).toEqual([
      { reason: 'webhook.wrong_signature', status: 401, address, path: '/hooks/generic', request },
      { reason: 'route.unknown', status: 404, address, path: '/hooks/generik', request },
    ]);
    const recorded = await records('webhook.rejected');
    expect(recorded.map(({ source, subject }) => [source, subject])).toEqual([
      [null, 'webhook:generic'],
      [null, 'webhook'],
    ]);
    expect(JSON.stringify(recorded)).not.toContain('kiwi');
  });

  test('is one of few that are recorded, where many come: the others are counted', async () => {
    const clock = new SimulatedClock(Date.parse('2026-12-01T00:00:00Z'));
    const { post, data } = await openHooks({ hooks: [GENERIC], clock });
    for (let n = 0; n < 150; n++) await post(GENERIC.path, { body: '{}' });
    await post(GENERIC.path, { headers: { 'content-type': 'image/png' }, body: '{}' });
    expect(await data('webhook.rejected', 10)).toHaveLength(10);
    clock.advance(60_000);
    const rejected = await data('webhook.rejected', 11);
    const reasons = { 'webhook.unsigned': 140, 'request.media_type': 1 };
    expect(rejected.at(-1)).toEqual({ reason: 'more', count: 141, reasons });
    await post(GENERIC.path, { body: '{}' });
    expect((await data('webhook.rejected', 12)).at(-1)).toMatchObject({
      reason: 'webhook.unsigned',
    });
  });

  test('is counted to its end when the source stops', async () => {
    const hooks: Hooks = await openHooks({ hooks: [GENERIC] });
    for (let n = 0; n < 12; n++) await hooks.post(GENERIC.path, { body: '{}' });
    await hooks.box.stop();
    const again = await openHooks({ hooks: [GENERIC], directory: hooks.directory });
    expect((await again.data('webhook.rejected', 11)).at(-1)).toMatchObject({ count: 2 });
  });
});
