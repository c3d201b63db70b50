import { describe, expect, test } from 'vitest';
import { cookieName, sessionOf, setCookie } from '../../src/server/session-cookie.ts';
import { type Answer, type Api, json, openApi, shareApi } from './api.ts';

async function linkOf({ ask }: Api, body: object = {}): Promise<string> {
  const { json: link } = await ask('/api/v1/login-links', json(body));
  return `/login?ticket=${String(link['ticket'])}`;
}

function cookieOf({ headers }: Answer): string {
  return headers['set-cookie']?.[0]?.replace(/;.*/, '') ?? '';
}

describe('a link', () => {
  const shared = shareApi();

  test('gives a browser a cookie that no script reads and no other site sends', async () => {
    const api = shared();
    const opened = await api.askBare(await linkOf(api));
    const { port } = new URL(api.server.url);
    expect([opened.status, opened.headers['location']]).toEqual([303, '/']);
    expect(opened.headers['set-cookie']).toEqual([
      expect.stringMatching(
        new RegExp(
          `^signalbox_${port}=sbs_[0-9a-z]{52}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict$`,
        ),
      ),
    ]);
    const page = await api.askBare('/', { headers: { cookie: cookieOf(opened) } });
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('You are owner, with the role admin.');
    expect(page.text).not.toMatch(/<script|<style|style=|\son\w+=/);
  });

  test('works once, also where two follow it at the same time', async () => {
    const api = shared();
    const link = await linkOf(api);
    const answers = await Promise.all([1, 2, 3, 4].map(() => api.askBare(link)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      303, 401, 401, 401,
    ]);
  });

  test.each([{ 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }])(
    'is not used up by what only fetches ahead: %j',
    async (headers) => {
      const api = shared();
      const link = await linkOf(api);
      expect((await api.askBare(link, { headers })).json).toMatchObject({
        code: 'request.prefetch',
      });
      expect((await api.askBare(link, { method: 'HEAD' })).status).toBe(405);
      expect((await api.askBare(link)).status).toBe(303);
    },
  );

  test('for somebody else is made by an admin, for people that there are', async () => {
    const api = shared();
    const { json: made } = await api.ask('/api/v1/tokens', json({ name: 'op', role: 'operator' }));
    const headers = { authorization: `Bearer ${String(made['token'])}` };
    const asked = json({ person: 'lead' }, headers);
    expect((await api.askBare('/api/v1/login-links', asked)).status).toBe(403);
    expect((await api.ask('/api/v1/login-links', json({ person: 'ghost' }))).status).toBe(400);
  });

  test('is not made with a session: who has stolen one must not keep it for ever', async () => {
    const api = shared();
    const cookie = cookieOf(await api.askBare(await linkOf(api)));
    const headers = { cookie, origin: api.server.url };
    expect((await api.askBare('/api/v1/login-links', json({}, headers))).status).toBe(403);
  });
});

describe('a session', () => {
  test('ends when its browser says so, and the cookie goes', async () => {
    const api = await openApi();
    const cookie = cookieOf(await api.askBare(await linkOf(api)));
    const headers = { cookie, origin: api.server.url };
    const ended = await api.askBare('/logout', { method: 'POST', headers });
    expect(ended.headers['set-cookie']?.[0]).toMatch(/=; Path=\/; Max-Age=0; HttpOnly/);
    expect((await api.askBare('/', { headers })).status).toBe(401);
    const types = ['session.closed', 'session.opened'];
    const { json: page } = await api.ask('/api/v1/events?newest=true&limit=5');
    const items = page['items'] as { readonly type: string; readonly data: object }[];
    expect(items.filter(({ type }) => types.includes(type)).map(({ data }) => data)).toMatchObject([
      { by: 'owner' },
      { by: 'owner' },
    ]);
  });

  test('is told by one cookie of ours, and by none where there are two', () => {
    const name = cookieName(80);
    expect(sessionOf(`a=b; ${name}=x; c`, name)).toBe('x');
    for (const header of [undefined, '', name, `${name}=`, `${name}=x; ${name}=y`, `x${name}=x`]) {
      expect([header, sessionOf(header, name)]).toEqual([header, undefined]);
    }
  });

  test('is sent by HTTPS alone where a proxy speaks it', () => {
    expect(setCookie('x', { name: 'n', secure: true })).toMatch(/; Secure$/);
  });
});
