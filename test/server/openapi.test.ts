import { expect, test } from 'vitest';
import { answerSchemas, writtenSchemas } from '../../scripts/answer-schemas.mjs';
import { judgeBy } from './answer-schemas.ts';
import { type Answer, type Api, json, openApi } from './api.ts';
import { FLOWS, QUESTIONS, repair, runOf, SETTINGS } from './changing-questions.ts';
import { until } from './until.ts';

/** The statuses of success that the document names, for each path that takes a POST. */
async function documented({ ask }: Api): Promise<Map<string, string[]>> {
  const { json: document } = await ask('/api/v1/openapi.json');
  const paths = document['paths'] as Record<string, { readonly post?: Operation }>;
  const posts = Object.entries(paths).flatMap(([path, { post }]) =>
    post === undefined ? [] : [[path.replace('/api/v1', ''), successesOf(post)] as const],
  );
  return new Map(posts);
}

interface Operation {
  readonly responses: Readonly<Record<string, object>>;
}

function successesOf({ responses }: Operation): string[] {
  return Object.keys(responses).filter((status) => status.startsWith('2'));
}

/** Where the id of a thing is found that a route shows one of. */
const LISTS: readonly (readonly [start: string, list: string])[] = [
  ['/api/v1/events/', '/api/v1/events?type=order.placed'],
  ['/api/v1/runs/', '/api/v1/runs'],
  ['/api/v1/dead-letters/', '/api/v1/dead-letters'],
  ['/api/v1/proposals/', '/api/v1/proposals'],
  ['/api/v1/questions/', '/api/v1/proposals'],
  ['/api/v1/incidents/', '/api/v1/incidents'],
];
const QUERY: Readonly<Record<string, string>> = { '/api/v1/events/:id/why-not': '?flow=greet' };
/** Routes whose answers are no JSON, or no whole. */
const TEXTS = new Set(['/', '/login', '/decide', '/metrics', '/api/v1/stream']);

async function askFor({ ask }: Api, path: string): Promise<Answer> {
  const list = path.includes(':id') ? LISTS.find(([start]) => path.startsWith(start))?.[1] : '';
  const found = list === '' ? undefined : (await ask(list ?? '')).json['items'];
  const [first] = (found ?? []) as readonly { readonly id: string }[];
  return ask(`${path.replace(':id', first?.id ?? '')}${QUERY[path] ?? ''}`);
}

test('every route answers as the document says', async () => {
  const api = await openApi({ flows: FLOWS, settings: SETTINGS });
  const statuses = await documented(api);
  const judge = await judgeBy(api);
  expect([...statuses.keys()].toSorted()).toEqual(Object.keys(QUESTIONS).toSorted());
  const wrong: (string | undefined)[] = [];
  for (const [path, ask] of Object.entries(QUESTIONS)) {
    const whole = /^\/(?:decide|logout)$/.test(path) ? path : `/api/v1${path}`;
    wrong.push(judge('POST', whole, await ask(api)));
  }
  for (const { method, path } of api.server.routes) {
    if (method === 'GET' && !TEXTS.has(path))
      wrong.push(judge('GET', path, await askFor(api, path)));
  }
  expect(wrong.filter((each) => each !== undefined)).toEqual([]);
});

test('the schemas of answers are those of their types', () => {
  expect(writtenSchemas()).toEqual(answerSchemas());
});

test('the document names both answers of the pause of a run', async () => {
  const api = await openApi({ flows: FLOWS });
  const atRest = await repair(api, 'pause');
  const busy = await runOf(api, 'busy.asked', 'running');
  await until(async () => {
    const { json: run } = await api.ask(`/api/v1/runs/${busy}`);
    const [step] = run['steps'] as readonly { readonly state: string }[];
    return step?.state === 'running' ? true : undefined;
  });
  const underWay = await api.ask(`/api/v1/runs/${busy}/pause`, json({}));
  const answered = [atRest, underWay].map(({ status }) => String(status));
  expect(answered).toEqual(['200', '202']);
  expect((await documented(api)).get('/runs/{id}/pause')).toEqual(answered);
  await api.ask(`/api/v1/runs/${busy}/kill`, json({}));
});
