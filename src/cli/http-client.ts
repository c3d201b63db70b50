import type { Reload } from '../config/definitions.ts';
import type { EmitResult } from '../signalbox.ts';
import type { Event, EventDraft } from '../events/event.ts';
import type { Finding } from '../std/diagnostics.ts';
import { SignalboxError } from '../std/errors.ts';
import type { RepairRequest } from '../runs/repair.ts';
import type { SourceView } from '../sources/supervised-source.ts';
import type { RunView } from '../views/run-view.ts';
import type { ScheduleView } from '../views/schedule-view.ts';
import type { TimerView } from '../views/timer-view.ts';
import { type Asked, type Client, IN_FLIGHT_MAX, type RepairedRun } from './client.ts';
import { followStream } from './event-stream.ts';
import { documentOf, type HttpAnswer, problemOf } from './http-answer.ts';
import { resultOf, toBody } from './http-emission.ts';
import { httpCare } from './http-care.ts';
import { httpJudging } from './http-judging.ts';
import { httpProposals } from './http-proposals.ts';
import { httpReplays } from './http-replays.ts';
import { httpTokens } from './http-tokens.ts';
import type { HttpPipeline } from './http-pipeline.ts';
import { type HttpTransport, openTransport } from './http-transport.ts';

const API = '/api/v1';
/** How long the daemon may take for an answer that costs it no more than a page. */
const TIMEOUT_MS = 30_000;

/**
 * A client of the daemon at `url`; it asks nothing yet.
 *
 * Its methods throw SignalboxError: `daemon.absent`, `daemon.silent`, or the code that the daemon
 * refuses with.
 */
export async function openHttpClient(url: string, token: string): Promise<Client> {
  const transport = await openTransport(url, token);
  let pipeline: HttpPipeline | undefined;
  const get = <T>(path: string, query: Query = {}): Promise<T> =>
    getDocument(transport, `${API}${path}${textOf(query)}`, TIMEOUT_MS);
  const post = <T>(path: string, body: string): Promise<T> =>
    postDocument(transport, `${API}${path}`, { body, timeoutMs: TIMEOUT_MS });
  const ask = async (path: string, query: Query): Promise<HttpAnswer> => {
    const question = { method: 'POST', path: `${API}${path}${textOf(query)}` } as const;
    return (await transport.open({ ...question, timeoutMs: TIMEOUT_MS })).read();
  };
  const postSlowly = <T>(path: string, body: object): Promise<T> =>
    postDocument(transport, `${API}${path}`, { body: JSON.stringify(body) });
  const getSlowly = <T>(path: string): Promise<T> => getDocument(transport, `${API}${path}`);
  return {
    url,
    emit: (draft) => emit(transport, draft),
    async emitInOrder() {
      const { openPipeline } = await import('./http-pipeline.ts');
      const opened = (pipeline ??= openPipeline({ url, token, depth: IN_FLIGHT_MAX }));
      return async (draft) => resultOf(draft, await opened.post(`${API}/events`, toBody(draft)));
    },
    events: (query) => get('/events', { ...query }),
    event: (id, min_seq) => orUndefined(get(`/events/${encodeURIComponent(id)}`, { min_seq })),
    follow: (query) => followStream(transport, `${API}/stream${textOf({ ...query })}`),
    log: ({ after, until }) =>
      logUntil(followStream(transport, `${API}/stream?after=${after}`), until),
    runs: (query) => get('/runs', { ...query }),
    graph: () => get('/graph'),
    run: (id) => orUndefined(get(`/runs/${encodeURIComponent(id)}`)),
    repair: (id, request) => repair(transport, id, request),
    why: (id) => get(`/events/${encodeURIComponent(id)}/why`),
    saga: (id) => get(`/runs/${encodeURIComponent(id)}/saga`),
    whyNot: (event, flow) => get(`/events/${encodeURIComponent(event)}/why-not`, { flow }),
    history: (query) => get('/history', { ...query }),
    uncertainEffects: (query) => get('/effects', { uncertain: true, ...query }),
    startFlow: (...start) => post('/runs', startBody(...start)),
    previewStart: ({ flow, data, interactive }) =>
      post('/runs/preview', startBody(flow, data, interactive)),
    ...httpCare({ get, post, orUndefined }),
    proposals: httpProposals({ get, post, orUndefined }),
    replays: httpReplays({ get, post: ask }),
    tokens: httpTokens({ get, post }),
    plan: () => get('/plan'),
    reload: () => reload(transport),
    ...httpJudging({ get, post, getSlowly }),
    pause: (what) => post('/pause', JSON.stringify(what)),
    resume: (what) => post('/resume', JSON.stringify(what)),
    sources: async () => (await get<{ items: readonly SourceView[] }>('/sources')).items,
    async timers(limit) {
      return (await get<{ items: readonly TimerView[] }>('/timers', { limit })).items;
    },
    async schedules(next) {
      return (await get<{ items: readonly ScheduleView[] }>('/schedules', { next })).items;
    },
    status: () => get('/status'),
    stats: () => get('/stats'),
    async erase(id, reason) {
      const path = `/events/${encodeURIComponent(id)}/erase`;
      return (await post<{ changed: boolean }>(path, JSON.stringify({ reason }))).changed;
    },
    backup: (file) => postSlowly('/backup', { file }),
    verify: ({ deep }) => getSlowly(deep ? '/verify?deep=true' : '/verify'),
    rebuildCheck: () => getSlowly('/rebuild-check'),
    async close() {
      await pipeline?.close();
      transport.close();
    },
  };
}

/** The data goes out byte for byte as it was written. */
function startBody(flow: string, data: string, interactive?: boolean): string {
  return `${JSON.stringify({ flow, interactive }).slice(0, -1)},"data":${data}}`;
}

/** A stream begins with the log itself: what stands up to `until` comes without waiting. */
async function* logUntil(stream: AsyncIterable<Event>, until: number): AsyncGenerator<Event> {
  for await (const event of stream) {
    yield event;
    if (event.seq >= until) return;
  }
}

/** What stands behind the `?` of a path; undefined is left out. */
export type Query = { readonly [name: string]: string | number | boolean | undefined };

async function emit(transport: HttpTransport, draft: EventDraft): Promise<EmitResult> {
  const body = toBody(draft);
  const question = { method: 'POST', path: `${API}/events`, body, timeoutMs: TIMEOUT_MS } as const;
  const answer = await transport.open(question);
  return resultOf(draft, await answer.read());
}

async function repair(
  transport: HttpTransport,
  id: string,
  { verb, ...asked }: Asked<RepairRequest>,
): Promise<RepairedRun> {
  const { reason, ...words } = asked;
  const path = `${API}/runs/${encodeURIComponent(id)}/${verb}`;
  const body = JSON.stringify(reason === null ? words : { ...words, reason });
  const opened = await transport.open({ method: 'POST', path, body, timeoutMs: TIMEOUT_MS });
  const answer = await opened.read();
  return { run: documentOf(answer) as unknown as RunView, pending: answer.status === 202 };
}

/** Bad files are an answer, not a failure. */
async function reload(transport: HttpTransport): Promise<Reload> {
  const path = `${API}/reload`;
  const opened = await transport.open({ method: 'POST', path, timeoutMs: TIMEOUT_MS });
  const answer = await opened.read();
  const { code, document } = problemOf(answer);
  if (code !== 'catalog.refused') return documentOf(answer) as unknown as Reload;
  return { ok: false, findings: document['findings'] as unknown as readonly Finding[] };
}

async function getDocument<T>(
  transport: HttpTransport,
  path: string,
  timeoutMs?: number,
): Promise<T> {
  const answer = await transport.open({ method: 'GET', path, timeoutMs });
  return documentOf(await answer.read()) as T;
}

async function postDocument<T>(
  transport: HttpTransport,
  path: string,
  question: { readonly body: string; readonly timeoutMs?: number },
): Promise<T> {
  const answer = await transport.open({ method: 'POST', path, ...question });
  return documentOf(await answer.read()) as T;
}

/** What is not there is an answer, not a failure. */
async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SignalboxError && error.details['status'] === 404) return undefined;
    throw error;
  }
}

function textOf(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
