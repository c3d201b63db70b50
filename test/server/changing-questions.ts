import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Answer, type Api, json } from './api.ts';
import { flowOf } from './engine.ts';
import { until } from './until.ts';

const WAITER = { id: 'wait', run: [process.execPath, '-e', 'setInterval(() => {}, 1000)'] };
/** The flows that the questions are about. */
export const FLOWS = [
  flowOf('greet', 'user.created', ['one']),
  flowOf('ship', 'order.placed', ['one'], 'payload.n > 1'),
  flowOf('fail', 'order.failed', ['fail']),
  { name: 'slow', on: { event: 'slow.asked' }, steps: [{ id: 'nap', sleep: '1h' }] },
  { name: 'busy', on: { event: 'busy.asked' }, steps: [WAITER, { id: 'last', echo: 'x' }] },
];

/** What the configuration says beside the flows. */
export const SETTINGS = {
  sources: [{ type: 'schedule', name: 'weekly', cron: '0 9 * * MON' }],
  people: { ada: { roles: ['admin'] }, ben: { roles: ['approver'] } },
};

/** Asks a question, and what it takes before. */
export type Ask = (api: Api) => Promise<Answer>;

/** A question for each route that changes something, to which it says yes. */
export const QUESTIONS: Readonly<Record<string, Ask>> = {
  '/events': ({ ask }) => ask('/api/v1/events', json({ type: 'a.b' })),
  '/events/{id}/replay': async ({ ask }) => {
    await ask('/api/v1/events', json({ type: 'user.created', id: 'u-1' }));
    return ask('/api/v1/events/u-1/replay', json({}));
  },
  '/runs': ({ ask }) => ask('/api/v1/runs', json({ flow: 'greet' })),
  '/runs/preview': ({ ask }) => ask('/api/v1/runs/preview', json({ flow: 'greet' })),
  '/dead-letters/{id}/retry': (api) => settle(api, 'retry'),
  '/dead-letters/{id}/drop': (api) => settle(api, 'drop'),
  '/runs/{id}/pause': (api) => repair(api, 'pause'),
  '/runs/{id}/resume': async (api) => {
    const run = await runOf(api, 'slow.asked', 'waiting');
    await api.ask(`/api/v1/runs/${run}/pause`, json({}));
    return api.ask(`/api/v1/runs/${run}/resume`, json({}));
  },
  '/runs/{id}/cancel': (api) => repair(api, 'cancel'),
  '/runs/{id}/kill': (api) => repair(api, 'kill'),
  '/runs/{id}/retry': async (api) => {
    const run = await runOf(api, 'order.failed', 'failed');
    return api.ask(`/api/v1/runs/${run}/retry`, json({}));
  },
  '/runs/{id}/skip': (api) => repair(api, 'skip', { step: 'nap', reason: 'why not' }),
  '/runs/{id}/set': (api) => repair(api, 'set', { step: 'nap', output: 1 }),
  '/runs/{id}/move': async (api) => {
    const run = await runOf(api, 'slow.asked', 'waiting');
    const { file } = api.box.configuration;
    writeFileSync(file, readFileSync(file, 'utf8').replace('"1h"', '"2h"'));
    await api.ask('/api/v1/reload', json({}));
    return api.ask(`/api/v1/runs/${run}/move`, json({}));
  },
  '/backup': ({ ask }) => ask('/api/v1/backup', json({ file: join(newFolder(), 'copy.db') })),
  '/events/{id}/erase': async ({ ask }) => {
    const { seq } = (await ask('/api/v1/events', json({ type: 'heard.by.nobody' }))).json;
    await ask(`/api/v1/events/${String(seq)}?min_seq=${String(seq)}`);
    return ask(`/api/v1/events/${String(seq)}/erase`, json({}));
  },
  '/reload': ({ box, ask }) => {
    const { file } = box.configuration;
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"\d+h"/, '"3h"'));
    return ask('/api/v1/reload', json({}));
  },
  '/questions': ({ ask }) => ask('/api/v1/questions', json({ question: 'Now?' })),
  '/proposals/{id}/decision': async (api) => {
    await offerLink(api);
    const [proposal] = (await api.ask('/api/v1/proposals')).json['items'] as readonly Hashed[];
    const { id = '', hash = '' } = proposal ?? {};
    return api.ask(`/api/v1/proposals/${id}/decision`, json({ decision: 'reject', hash }));
  },
  '/proposals/{id}/link': (api) => offerLink(api),
  '/delegations': ({ ask }) =>
    ask('/api/v1/delegations', json({ from: 'ada', to: 'ben', until: '1h' })),
  '/decide': async (api) => {
    const { json: made } = await offerLink(api);
    const link = String(made['path']).replace('/decide?link=', '');
    const [proposal] = (await api.ask('/api/v1/proposals')).json['items'] as readonly Hashed[];
    const body = new URLSearchParams({ link, hash: proposal?.hash ?? '', decision: 'reject' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return api.askBare('/decide', { method: 'POST', headers, body: body.toString() });
  },
  '/incidents/{id}/ack': (api) => settleIncident(api, 'ack'),
  '/incidents/{id}/resolve': (api) => settleIncident(api, 'resolve'),
  '/incidents/{id}/false-alarm': (api) => settleIncident(api, 'false-alarm'),
  '/autonomy': ({ ask }) => ask('/api/v1/autonomy', json({ level: 1 })),
  '/pause': ({ ask }) => ask('/api/v1/pause', json({ flow: 'greet' })),
  '/resume': async ({ ask }) => {
    await ask('/api/v1/pause', json({ flow: 'ship' }));
    return ask('/api/v1/resume', json({ flow: 'ship' }));
  },
  '/limit': ({ ask }) => ask('/api/v1/limit', json({ flow: 'greet', limit: 1 })),
  '/sources/restart': ({ ask }) => ask('/api/v1/sources/restart', json({ source: 'weekly' })),
  '/tokens': ({ ask }) => ask('/api/v1/tokens', json({ name: 'ci', role: 'operator' })),
  '/tokens/{id}/revoke': async ({ ask }) => {
    await ask('/api/v1/tokens', json({ name: 'old', role: 'viewer' }));
    return ask('/api/v1/tokens/old/revoke', json({}));
  },
  '/login-links': ({ ask }) => ask('/api/v1/login-links', json({})),
  '/logout': async (api) => {
    const cookie = await signIn(api);
    return api.askBare('/logout', { method: 'POST', headers: { cookie, origin: api.server.url } });
  },
};

interface Hashed {
  readonly id: string;
  readonly hash: string;
}

/** A link by which the owner decides on a question. */
async function offerLink({ ask }: Api): Promise<Answer> {
  const { json: asked } = await ask('/api/v1/questions', json({ question: 'Now?' }));
  return ask(`/api/v1/proposals/${String(asked['id'])}/link`, json({}));
}

/** Has something said about an incident that is reported for it. */
async function settleIncident({ ask }: Api, verb: string): Promise<Answer> {
  const data = { subject: verb, level: 'orange', reason: 'it is late' };
  await ask('/api/v1/events', json({ type: 'incident.reported', data }));
  const id = await until(async () => {
    const { json: page } = await ask('/api/v1/incidents?state=open');
    const items = page['items'] as readonly { readonly id: string; readonly subject: string }[];
    return items.find(({ subject }) => subject === verb)?.id;
  });
  return ask(`/api/v1/incidents/${id}/${verb}`, json({ reason: 'seen' }));
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-copies-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The cookie of a session that a link has opened. */
async function signIn({ ask, askBare }: Api): Promise<string> {
  const { json: link } = await ask('/api/v1/login-links', json({}));
  const { headers } = await askBare(`/login?ticket=${String(link['ticket'])}`);
  return headers['set-cookie']?.[0]?.replace(/;.*/, '') ?? '';
}

async function settle(api: Api, verb: string): Promise<Answer> {
  const { json: receipt } = await api.ask('/api/v1/events', json({ type: 'order.placed' }));
  const query = `min_seq=${String(receipt['seq'])}&state=open&limit=1`;
  const { json: page } = await api.ask(`/api/v1/dead-letters?${query}`);
  const [letter] = page['items'] as readonly { readonly id: string }[];
  return api.ask(`/api/v1/dead-letters/${letter?.id ?? ''}/${verb}`, json({}));
}

/** Asks for a deed about a run that rests. */
export async function repair(api: Api, verb: string, body: object = {}): Promise<Answer> {
  const run = await runOf(api, 'slow.asked', 'waiting');
  return api.ask(`/api/v1/runs/${run}/${verb}`, json(body));
}

/** The run that an event starts, as soon as it is in that state. */
export async function runOf({ ask }: Api, type: string, state: string): Promise<string> {
  const { seq } = (await ask('/api/v1/events', json({ type }))).json;
  return until(async () => {
    const { json: event } = await ask(`/api/v1/events/${String(seq)}?min_seq=${String(seq)}`);
    const [disposition] = event['disposition'] as readonly { readonly run: string }[];
    const { json: run } = await ask(`/api/v1/runs/${disposition?.run ?? ''}`);
    return run['state'] === state ? String(run['id']) : undefined;
  });
}
