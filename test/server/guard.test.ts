import { describe, expect, test } from 'vitest';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { type Api, json, openApi, shareApi, TOKEN } from './api.ts';

const WRONG = { authorization: `Bearer ${'x'.repeat(TOKEN.length)}` };

/** Every route of the table with something for the part of its path that varies. */
function requestsOf({ server }: Api): { method: string; path: string; open: boolean }[] {
  return server.routes.map(({ method, path, needs }) => ({
    method,
    path: path.replace(':id', '1'),
    open: needs === 'nothing',
  }));
}

describe('the token', () => {
  const shared = shareApi();

  test('is needed by every route that the table does not call open', async () => {
    const api = shared();
    for (const { method, path, open } of requestsOf(api)) {
      const { status, headers, json: problem } = await api.askBare(path, { method });
      expect([path, status === 401]).toEqual([path, !open]);
      if (open) continue;
      expect(headers['www-authenticate']).toMatch(/^Bearer /);
      expect(problem).toMatchObject({ status: 401, code: 'auth.missing' });
    }
  });

  test('is needed even where there is nothing', async () => {
    const { askBare } = shared();
    for (const path of [
      '/',
      '/login/',
      '/metrics',
      '/api/v1/unknown',
      '/healthz/',
      '/HEALTHZ',
      '/favicon.ico',
    ]) {
      expect([path, (await askBare(path)).status]).toEqual([path, 401]);
    }
  });

  test('is not needed by who watches the process, and who follows a link', async () => {
    const open = requestsOf(shared()).filter((request) => request.open);
    expect(open.map(({ path }) => path)).toEqual([
      '/decide',
      '/decide',
      '/healthz',
      '/readyz',
      '/login',
    ]);
  });

  test.each([
    'Bearer',
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer  x`,
  ])('is not "%s"', async (authorization) => {
    const { askBare } = shared();
    expect((await askBare('/api/v1/status', { headers: { authorization } })).status).toBe(401);
  });

  test('may be announced in any case', async () => {
    const { askBare } = shared();
    const headers = { authorization: `bearer ${TOKEN}` };
    expect((await askBare('/api/v1/status', { headers })).status).toBe(200);
  });

  test.each(['token', 'access_token', 'accessToken', 'api_key', 'authorization', 'TOKEN'])(
    'is refused in the URL as %s',
    async (name) => {
      const { ask } = shared();
      const answer = await ask(`/api/v1/events?limit=1&${name}=${TOKEN}`);
      expect(answer.json).toMatchObject({ status: 400, code: 'auth.token_in_url' });
    },
  );
});

describe('wrong tokens', () => {
  test('are told to wait after ten in a minute, and heard again after it', async () => {
    const clock = new SimulatedClock();
    const { askBare } = await openApi({ clock });
    const guess = async (): Promise<number> =>
      (await askBare('/api/v1/status', { headers: WRONG })).status;
    for (let i = 0; i < 10; i++) expect(await guess()).toBe(401);
    clock.advance(59_000);
    const { status, headers, json: problem } = await askBare('/api/v1/status', { headers: WRONG });
    expect({ status, code: problem['code'] }).toEqual({ status: 429, code: 'auth.throttled' });
    expect(headers['retry-after']).toBe('1');
    clock.advance(1_000);
    expect(await guess()).toBe(401);
  });

  test('do not lock out the right one', async () => {
    const { ask, askBare } = await openApi();
    for (let i = 0; i < 12; i++) await askBare('/api/v1/status', { headers: WRONG });
    expect((await ask('/api/v1/status')).status).toBe(200);
  });

  test('hold back nobody who sends none', async () => {
    const { askBare } = await openApi();
    for (let i = 0; i < 12; i++) expect((await askBare('/api/v1/status')).status).toBe(401);
  });
});

describe('the name that we are asked under', () => {
  const shared = shareApi({ hosts: ['Box.example', 'docker.example:9000'] });

  test('must be ours on every route', async () => {
    const api = shared();
    for (const { method, path } of [...requestsOf(api), { method: 'GET', path: '/nothing' }]) {
      const answer = await api.ask(path, { method, headers: { host: 'evil.example' } });
      expect([path, answer.status]).toEqual([path, 421]);
      expect(answer.json).toMatchObject({ code: 'request.unknown_host' });
    }
  });

  test.each([
    ['localhost', 200],
    ['LOCALHOST', 200],
    ['127.0.0.1', 200],
    ['[::1]', 200],
    ['localhost:PORT', 200],
    ['[::1]:PORT', 200],
    ['box.example', 200],
    ['box.example:PORT', 200],
    ['docker.example:9000', 200],
    ['docker.example', 421],
    ['localhost:1', 421],
    ['localhost:', 421],
    ['localhost.', 421],
    ['localhost.evil.example', 421],
    ['evil.example:PORT', 421],
    ['evil.example@localhost', 421],
    ['localhost/x', 421],
    ['127.1', 421],
  ])('may be "%s": %i', async (name, expected) => {
    const { ask, server } = shared();
    const host = name.replace('PORT', new URL(server.url).port);
    expect((await ask('/healthz', { headers: { host } })).status).toBe(expected);
  });
});

describe('a page of somebody else', () => {
  const shared = shareApi();

  test.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['an origin that is hidden', { origin: 'null' }],
    ['a cross-site request', { 'sec-fetch-site': 'cross-site' }],
    ['a request of the same site', { 'sec-fetch-site': 'same-site' }],
  ])('is refused on every route: %s', async (_, headers) => {
    const api = shared();
    const before = api.box.store.head();
    for (const { method, path } of requestsOf(api)) {
      const body = method === 'POST' ? json({ type: 'a' }, headers) : { headers };
      const answer = await api.ask(path, { ...body, method });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    expect(api.box.store.head()).toBe(before);
  });

  test('is not what our own page is taken for', async () => {
    const { ask, server } = shared();
    const headers = { origin: server.url, 'sec-fetch-site': 'same-origin' };
    expect((await ask('/api/v1/events', json({ type: 'a' }, headers))).status).toBe(202);
    expect((await ask('/api/v1/status', { headers: { 'sec-fetch-site': 'none' } })).status).toBe(
      200,
    );
  });
});

describe('every answer', () => {
  const shared = shareApi();

  test('forbids caching, framing and guessing its type, and allows no other origin', async () => {
    const api = shared();
    const answers = [
      await api.askBare('/api/v1/status'),
      await api.ask('/nothing'),
      await api.ask('/%zz'),
      await api.ask('/api/v1/status', { headers: { origin: 'https://evil.example' } }),
      await api.ask('/api/v1/status', { method: 'OPTIONS' }),
      await api.ask('/api/v1/events', json({ type: 'a' })),
    ];
    for (const { method, path } of requestsOf(api)) {
      if (!path.endsWith('/stream')) answers.push(await api.ask(path, { method }));
    }
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
      });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('to a GET leaves the log as it was', async () => {
    const api = shared();
    const before = api.box.store.head();
    for (const { method, path } of requestsOf(api)) {
      if (method === 'GET' && !path.endsWith('/stream')) await api.ask(path);
    }
    expect(api.box.store.head()).toBe(before);
  });

  test('to HEAD is that to GET without its body', async () => {
    const { ask } = shared();
    const get = await ask('/api/v1/flows');
    const head = await ask('/api/v1/flows', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect((await ask('/api/v1/stream', { method: 'HEAD' })).status).toBe(405);
  });

  test('to another method names those that there are', async () => {
    const { ask } = shared();
    const answer = await ask('/api/v1/events', { method: 'DELETE' });
    expect(answer.json).toMatchObject({ status: 405, code: 'route.wrong_method' });
    expect(answer.headers['allow']).toBe('POST, GET, HEAD');
  });
});
