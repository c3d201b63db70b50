import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import {
  type Application,
  type CommandContext,
  generateHelpTextForAllCommands,
} from '@stricli/core';
import { describe, expect, test } from 'vitest';
import { buildApp } from '../../src/cli/app.ts';
import { may, type Role, TOKEN_ROLES } from '../../src/identity/roles.ts';
import type { Route } from '../../src/server/route.ts';
import { type Api, json, openApi, shareApi, TOKEN } from './api.ts';
import { COMMANDS, rolePage } from './role-page.ts';

type Headers = Readonly<Record<string, string>>;

/** How somebody may come: what they bring, and the role that it gives them. */
interface Visitor {
  readonly name: string;
  readonly headers: Headers;
  /** Undefined where it lets nobody in. */
  readonly role: Role | undefined;
}

/** No limit of tries, since every wrong one is tried at every route. */
const UNLIMITED = { limits: { wrongTokens: 1_000_000, streams: 1_000 } };

const COMING_OF_ALL_KINDS = new Set(['nobody', 'the owner', 'a browser, admin', 'a run']);

describe('every route', () => {
  const shared = shareApi(UNLIMITED);

  test('lets in each role as the table says, and nobody else, whatever they bring', async () => {
    const api = shared();
    const visitors = await visitorsOf(api);
    let asked = 0;
    // A session is over once it has signed out.
    const last = (route: Route): number => Number(route.path === '/logout');
    for (const route of api.server.routes.toSorted((a, b) => last(a) - last(b))) {
      for (const visitor of visitors) {
        const { status, code } = await ask(api, route, visitor.headers);
        const where = `${route.method} ${route.path} as ${visitor.name}`;
        expect(`${where}: ${verdictOf(status, code)}`).toBe(
          `${where}: ${expected(route, visitor)}`,
        );
        asked++;
      }
    }
    expect(asked).toBeGreaterThan(500);
  });

  test('refuses a wrong host and a page of somebody else before it asks who comes', async () => {
    const api = shared();
    const visitors = await visitorsOf(api);
    const strangers: [Headers, number][] = [
      [{ host: 'evil.example' }, 421],
      [{ origin: 'https://evil.example' }, 403],
      [{ origin: 'null' }, 403],
      [{ 'sec-fetch-site': 'cross-site' }, 403],
    ];
    const before = api.box.store.head();
    for (const route of api.server.routes) {
      for (const { name, headers } of visitors) {
        if (!COMING_OF_ALL_KINDS.has(name)) continue;
        for (const [more, status] of strangers) {
          const answer = await ask(api, route, { ...headers, ...more });
          const where = [route.path, name, more];
          expect([...where, answer.status]).toEqual([...where, status]);
        }
      }
    }
    expect(api.box.store.head()).toBe(before);
  });

  test('says what it needs, and only what is named here is open', () => {
    const { server } = shared();
    const open = server.routes.filter(({ needs }) => needs === 'nothing');
    expect(open.map(({ path }) => path)).toEqual([
      '/decide',
      '/decide',
      '/healthz',
      '/readyz',
      '/login',
    ]);
  });

  test('stands in docs/reference/roles.md with its roles, and so do commands', () => {
    const page = readFileSync(new URL('../../docs/reference/roles.md', import.meta.url), 'utf8');
    expect(page).toBe(rolePage(shared().server.routes));
    const app = buildApp() as unknown as Application<CommandContext>;
    const commands = generateHelpTextForAllCommands(app).map(([name]) =>
      name.replace(/^signalbox /, ''),
    );
    expect(commands.filter((name) => !(name in COMMANDS))).toEqual([]);
    expect(Object.keys(COMMANDS).filter((name) => !commands.includes(name))).toEqual([]);
  });

  test('that changes something needs more than to look', () => {
    const { server } = shared();
    const lax = server.routes.filter(
      ({ method, needs }) => method === 'POST' && (needs === 'read' || needs === 'nothing'),
    );
    // A link is one's own way in, and gives nobody more than they have; `/decide` looks at its own.
    // A preview has a body, since its data may be large, and does nothing.
    const looks = ['/api/v1/runs/preview', '/decide', '/api/v1/login-links'];
    expect(new Set(lax.map(({ path }) => path))).toEqual(new Set(looks));
  });
});

describe('what changes something', () => {
  test('is recorded with the name and the token of who did it', async () => {
    const api = await openApi({ flows: [] });
    const { id, headers } = await tokenFor(api, 'deployer', 'operator');
    await api.askBare('/api/v1/pause', json({ reason: 'lunch' }, headers));
    await api.askBare('/api/v1/resume', json({}, headers));
    await api.askBare('/api/v1/events', json({ type: 'a.b' }, headers));
    await api.askBare('/api/v1/events', json({ type: 'a.c', actor: 'jo' }, headers));
    const by = `deployer#${id}`;
    const { json: page } = await api.ask('/api/v1/events?newest=true&limit=4');
    const items = page['items'] as { type: string; actor?: string; data: { by?: string } | null }[];
    expect(items.map(({ type, actor, data }) => [type, actor ?? data?.by])).toEqual([
      ['a.c', 'jo'],
      ['a.b', by],
      ['flow.resumed', by],
      ['flow.paused', by],
    ]);
  });

  test('by an agent is never told as somebody else', async () => {
    const api = await openApi();
    const { id, headers } = await tokenFor(api, 'coder', 'agent');
    const posted = await api.askBare('/api/v1/events', json({ type: 'a', actor: 'lead' }, headers));
    const { json: event } = await api.ask(`/api/v1/events/${String(posted.json['id'])}`);
    expect(event['actor']).toBe(`coder#${id}`);
  });

  test('by an agent or a run is never told as one of our sources', async () => {
    const hook = { type: 'webhook', path: '/hooks/deploys', auth: 'none' };
    const api = await openApi({ settings: { webhook_port: 0, sources: [hook] } });
    const coder = await tokenFor(api, 'coder', 'agent');
    const place = { id: 1, correlation: 'x', hops: 1, untrusted: false };
    const run = { headers: bearer(api.box.identity.runs.tokenFor(place)) };
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    const forged = { specversion: '1.0', id: 'd-1', source: 'webhook:deploys', type: 'deployed' };
    for (const { headers } of [coder, run]) {
      for (const asked of [
        json(forged, headers),
        json([{ ...forged, source: 'a' }, forged], { ...headers, ...batch }),
      ]) {
        const { status, json: problem } = await api.askBare('/api/v1/events', asked);
        expect([status, problem['code']]).toEqual([403, 'auth.forbidden']);
      }
    }
    const { json: page } = await api.ask('/api/v1/events?newest=true&limit=4');
    const types = (page['items'] as { readonly type: string }[]).map(({ type }) => type);
    expect(types).toContain('auth.failed');
    expect(types).not.toContain('deployed');
    const { json: receipt } = await api.ask('/api/v1/events', json(forged));
    expect(receipt).toMatchObject({ id: 'd-1', duplicate: false });
  });

  test('is refused to an agent, and that is on record with its name', async () => {
    const api = await openApi();
    const { id, headers } = await tokenFor(api, 'coder', 'agent');
    const { status, json: problem } = await api.askBare('/api/v1/reload', json({}, headers));
    expect([status, problem['code']]).toEqual([403, 'auth.forbidden']);
    const { json: page } = await api.ask('/api/v1/events?newest=true&limit=1');
    expect(page['items']).toMatchObject([
      {
        type: 'auth.failed',
        data: { reason: 'auth.forbidden', path: '/api/v1/reload', actor: `coder#${id}` },
      },
    ]);
  });
});

function expected({ method, needs }: Route, { role, headers }: Visitor): string {
  if (needs === 'nothing') return 'in';
  if (role === undefined) return 'unknown';
  const hasCookie = headers['cookie'] !== undefined;
  if (hasCookie && method === 'POST' && headers['origin'] === undefined) return 'cross-site';
  return may(role, needs) ? 'in' : 'forbidden';
}

function verdictOf(status: number, code: string): string {
  if (code === 'auth.forbidden') return 'forbidden';
  if (code === 'request.cross_site') return 'cross-site';
  return code === 'auth.missing' || (code === 'auth.wrong' && status === 401) ? 'unknown' : 'in';
}

async function visitorsOf(api: Api): Promise<Visitor[]> {
  const { identity } = api.box;
  const visitors: Visitor[] = [
    { name: 'nobody', headers: {}, role: undefined },
    { name: 'a guesser', headers: bearer(`sbt_${'x'.repeat(52)}`), role: undefined },
    { name: 'the owner', headers: bearer(TOKEN), role: 'admin' },
  ];
  for (const role of TOKEN_ROLES) {
    const { headers } = await tokenFor(api, `a-${role}-${identity.tokens.list().length}`, role);
    visitors.push({ name: `a token of role ${role}`, headers, role });
    const session = await sessionFor(api, headers);
    if (session === undefined) continue;
    visitors.push({ name: `a browser, ${role}`, headers: session, role });
    const own = { ...session, origin: api.server.url, 'sec-fetch-site': 'same-origin' };
    visitors.push({ name: `a page of ours, ${role}`, headers: own, role });
  }
  const run = identity.runs.tokenFor({ id: 1, correlation: 'x', hops: 1, untrusted: false });
  visitors.push({ name: 'a run', headers: bearer(run), role: 'run' });
  const old = await tokenFor(api, `old-${identity.tokens.list().length}`, 'admin');
  const session = await sessionFor(api, old.headers);
  await api.ask(`/api/v1/tokens/${old.id}/revoke`, { method: 'POST' });
  visitors.push({ name: 'a token that was taken back', headers: old.headers, role: undefined });
  visitors.push({ name: 'its session', headers: session ?? {}, role: undefined });
  return visitors;
}

async function tokenFor(
  api: Api,
  name: string,
  role: string,
): Promise<{ readonly id: string; readonly headers: Headers }> {
  const { json: made } = await api.ask('/api/v1/tokens', json({ name, role }));
  return { id: String(made['id']), headers: bearer(String(made['token'])) };
}

/** The cookie that a link for this token opens; undefined where it gets no link. */
async function sessionFor(api: Api, headers: Headers): Promise<Headers | undefined> {
  const { status, json: link } = await api.askBare('/api/v1/login-links', json({}, headers));
  if (status !== 201) return undefined;
  const opened = await api.askBare(`/login?ticket=${String(link['ticket'])}`);
  return { cookie: opened.headers['set-cookie']?.[0]?.replace(/;.*/, '') ?? '' };
}

function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** What a route answers, as far as its problem goes: a stream never ends by itself. */
function ask(
  { server }: Api,
  { method, path, endless }: Route,
  headers: Headers,
): Promise<{ readonly status: number; readonly code: string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const target = { hostname, port, path: path.replace(':id', '1'), method, headers };
    const sent = request({ ...target, agent }, (answer) => {
      const status = answer.statusCode ?? 0;
      if (status === 200 && endless === true) {
        sent.destroy();
        return resolve({ status, code: '' });
      }
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status, code: codeOf(text) }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

function codeOf(text: string): string {
  return /"code":"([a-z_.]+)"/.exec(text)?.[1] ?? '';
}
