import { expect, test } from 'vitest';
import type { LogRecord } from '../../src/store/contract.ts';
import { type Answer, type Api, type Ask, json, openApi } from './api.ts';
import { FLOWS, QUESTIONS, SETTINGS } from './changing-questions.ts';
import { until } from './until.ts';

/** The routes that take a POST and leave no record, each with the reason. */
const UNRECORDED: Readonly<Record<string, string>> = {
  '/runs/preview': 'it tells what a start would do, and does nothing',
  '/backup': 'it copies the store, and changes nothing in it',
  '/proposals/{id}/link': 'it signs a link that changes nothing until it decides',
  '/login-links': 'it is in memory for a minute, and the session that it opens is recorded',
};

/** The same API as Ada asks it, with a token of her own; and how the log says who she is. */
async function asAda(api: Api): Promise<Api & { readonly actor: string }> {
  const wish = { name: 'hers', role: 'admin', person: 'ada' };
  const { json: made } = await api.ask('/api/v1/tokens', json(wish));
  const bearer = { authorization: `Bearer ${String(made['token'])}` };
  const ask: Ask = (path, { headers, ...question } = {}) =>
    api.askBare(path, { ...question, headers: { ...bearer, ...headers } });
  return { ...api, ask, actor: `ada#${String(made['id'])}` };
}

function requestOf({ headers }: Answer): string {
  return String(headers['x-request-id']);
}

/** All that a record says, as it is stored. */
function textOf({ attributes, data }: LogRecord): string {
  return `${attributes ?? ''} ${data}`;
}

function readLog({ box }: Api, after = 0): Promise<LogRecord[]> {
  return box.store.read({ after, limit: 1_000 });
}

/** The records behind `after` that name the request. */
function recordsOf(api: Api, id: string, after: number): Promise<LogRecord[]> {
  return until(async () => {
    const records = await readLog(api, after);
    const named = records.filter((record) => textOf(record).includes(`"${id}"`));
    return named.length > 0 ? named : undefined;
  });
}

test('what a route changes is recorded with who did it, by which token and request', async () => {
  const api = await asAda(await openApi({ flows: FLOWS, settings: SETTINGS }));
  const { routes } = api.server;
  const posts = routes.filter(({ method }) => method === 'POST').map(({ path }) => path);
  const known = Object.keys(QUESTIONS).map((path) => path.replace('{id}', ':id'));
  expect(posts.map((path) => path.replace('/api/v1', '')).toSorted()).toEqual(known.toSorted());
  for (const [path, ask] of Object.entries(QUESTIONS)) {
    if (path in UNRECORDED) continue;
    const before = (await readLog(api)).length;
    const answer = await ask(api);
    expect(`${path} ${answer.status < 300}: ${answer.text}`).toContain(`${path} true`);
    const records = await recordsOf(api, requestOf(answer), before);
    const actor = path === '/decide' ? 'ada#link' : api.actor;
    const said = records.some((record) => textOf(record).includes(`"${actor}"`));
    expect(`${path} ${said}`).toBe(`${path} true`);
  }
  const hers = (await readLog(api)).map(textOf).filter((text) => {
    return text.includes(`"by":"${api.actor}"`) || text.includes(`"actor":"${api.actor}"`);
  });
  expect(hers.length).toBeGreaterThan(30);
  expect(hers.filter((text) => !/"request(?:id)?":"[\w.-]+"/.test(text))).toEqual([]);
});

test('a link that signs a browser in says by which request it did', async () => {
  const api = await openApi();
  const { json: link } = await api.ask('/api/v1/login-links', json({}));
  const opened = await api.askBare(`/login?ticket=${String(link['ticket'])}`);
  const [record] = await recordsOf(api, requestOf(opened), 0);
  expect([record?.type, JSON.parse(record?.data ?? '')]).toEqual([
    'session.opened',
    { by: 'owner', request: requestOf(opened) },
  ]);
});

test('what is refused is recorded with its request', async () => {
  const api = await openApi();
  const headers = { authorization: 'Bearer sbt_wrong', 'x-request-id': 'mine' };
  const refused = await api.askBare('/api/v1/stats', { headers });
  expect(requestOf(refused)).not.toBe('mine');
  const [record] = await recordsOf(api, requestOf(refused), 0);
  expect(record?.type).toBe('auth.failed');
});
