import { expect, test } from 'vitest';
import { type Api, json, openApi } from './api.ts';
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

test('what changes something answers with the status that the document names', async () => {
  const api = await openApi({ flows: FLOWS, settings: SETTINGS });
  const statuses = await documented(api);
  expect([...statuses.keys()].toSorted()).toEqual(Object.keys(QUESTIONS).toSorted());
  for (const [path, ask] of Object.entries(QUESTIONS)) {
    const { status, text } = await ask(api);
    expect(statuses.get(path), `${path} answered ${status}: ${text}`).toContain(String(status));
  }
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
