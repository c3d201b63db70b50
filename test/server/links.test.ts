import { describe, expect, test } from 'vitest';
import { type Answer, type Api, json, openApi } from './api.ts';

const PEOPLE = { anna: { roles: ['approver'] }, otto: { roles: ['viewer'] } };
const HOSTILE = '<script>alert(1)</script> \u202e"\'';

interface Offer {
  readonly id: string;
  readonly path: string;
  readonly link: string;
  readonly hash: string;
}

async function offer(api: Api, request: object = {}, asking: object = {}): Promise<Offer> {
  const body = json({ question: HOSTILE, ...asking });
  const { json: asked } = await api.ask('/api/v1/questions', body);
  const id = String(asked['id']);
  const made = await api.ask(`/api/v1/proposals/${id}/link`, json(request));
  expect(made.status).toBe(201);
  const path = String(made.json['path']);
  const { json: shown } = await api.ask(`/api/v1/proposals/${id}`);
  return { id, path, link: path.replace('/decide?link=', ''), hash: String(shown['hash']) };
}

/** Sends the form of the page as a browser does. */
function press(api: Api, fields: Record<string, string>, headers = {}): Promise<Answer> {
  const content = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
  const body = new URLSearchParams(fields).toString();
  return api.askBare('/decide', { method: 'POST', headers: content, body });
}

async function stateOf({ ask }: Api, id: string): Promise<unknown> {
  return (await ask(`/api/v1/proposals/${id}`)).json['state'];
}

describe('S34: link prefetch, unfurl bots, CSRF on approve', () => {
  test('GET shows, as often as it is fetched, from anywhere, and changes nothing', async () => {
    const api = await openApi();
    const { id, path } = await offer(api);
    const before = api.box.store.head();
    for (const headers of [
      {},
      { purpose: 'prefetch' },
      { 'user-agent': 'Slackbot-LinkExpanding 1.0' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    ]) {
      const { status, text, headers: sent } = await api.askBare(path, { headers });
      expect(status).toBe(200);
      expect(text).not.toContain('<script');
      expect(text).not.toContain('\u202e');
      expect(text).toContain('&#60;script&#62;alert(1)&#60;/script&#62; \\u202e\\&#34;&#39;');
      expect(sent['content-security-policy']).toContain("default-src 'none'; form-action 'self'");
      expect(sent['cache-control']).toBe('no-store');
      expect(sent['referrer-policy']).toBe('same-origin');
    }
    expect((await api.askBare(path, { method: 'HEAD' })).status).toBe(200);
    expect(api.box.store.head()).toBe(before);
    expect(await stateOf(api, id)).toBe('open');
  });

  test('POST decides, once', async () => {
    const api = await openApi();
    const { id, link, hash, path } = await offer(api);
    const fields = { link, hash, decision: 'approve' };
    const first = await press(api, fields, { 'sec-fetch-site': 'same-origin' });
    expect(first).toMatchObject({ status: 200 });
    expect(first.text).toContain('is approved');
    expect((await press(api, { ...fields, decision: 'reject' })).status).toBe(409);
    expect(await stateOf(api, id)).toBe('approved');
    const { json: shown } = await api.ask(`/api/v1/proposals/${id}`);
    expect(shown['decision']).toMatchObject({ by: 'owner#link' });
    expect((await api.askBare(path)).text).toContain(
      'It is decided already. That was owner#link, at ',
    );
  });

  test('a form of another page, and one without the link, decide nothing', async () => {
    const api = await openApi();
    const { id, link, hash } = await offer(api);
    const fields = { link, hash, decision: 'approve' };
    const foreign = [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }];
    for (const headers of foreign) expect((await press(api, fields, headers)).status).toBe(403);
    expect((await press(api, { hash, decision: 'approve' })).status).toBe(400);
    const forged = `${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`;
    expect((await press(api, { ...fields, link: forged })).status).toBe(401);
    expect((await press(api, { ...fields, hash: 'f'.repeat(64) })).status).toBe(410);
    expect((await press(api, fields, { 'content-type': 'text/plain' })).status).toBe(400);
    expect(await stateOf(api, id)).toBe('open');
  });

  test('a link is for one person, and what they may now is what counts', async () => {
    const api = await openApi({ settings: { people: PEOPLE } });
    const anna = await offer(api, { person: 'anna' });
    const said = await press(api, { link: anna.link, hash: anna.hash, decision: 'reject' });
    expect(said.status).toBe(200);
    const { json: shown } = await api.ask(`/api/v1/proposals/${anna.id}`);
    expect(shown['decision']).toMatchObject({ by: 'anna#link', decision: 'reject' });
    const otto = await offer(api, { person: 'otto' });
    const fields = { link: otto.link, hash: otto.hash, decision: 'approve' };
    expect((await press(api, fields)).status).toBe(403);
    const again = await offer(api, { person: 'anna' });
    api.box.identity.usePeople({});
    const gone = { link: again.link, hash: again.hash, decision: 'approve' };
    expect((await press(api, gone)).status).toBe(403);
    const nobody = await api.ask(`/api/v1/proposals/${otto.id}/link`, json({ person: 'eve' }));
    expect(nobody).toMatchObject({ status: 400, json: { code: 'link.invalid' } });
  });

  test('a link ends with its time, and chooses among the answers', async () => {
    const api = await openApi();
    const asking = { choices: ['blue', '<b>'] };
    const { id, link, hash, path } = await offer(api, {}, asking);
    expect((await api.askBare(path)).text).toContain('value="&#60;b&#62;"');
    await press(api, { link, hash, decision: 'approve', choice: '<b>' });
    const { json: answer } = await api.ask(`/api/v1/questions/${id}`);
    expect(answer).toMatchObject({ state: 'approved', choice: '<b>' });
    const short = await offer(api, { expires: '1ms' });
    expect((await api.askBare(short.path)).status).toBe(410);
    const bad = await api.ask(`/api/v1/proposals/${id}/link`, json({ expires: '90d' }));
    expect(bad.status).toBe(400);
  });
});
