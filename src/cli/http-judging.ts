import type { Client } from './client.ts';
import type { HttpAsking } from './http-letters.ts';

type Judging = Pick<
  Client,
  'ask' | 'question' | 'autonomy' | 'setAutonomy' | 'restartSource' | 'limit'
>;

/** What a daemon tells of autonomy, whom it asks, and what is done about its own work. */
export function httpJudging({
  get,
  post,
  getSlowly,
}: Pick<HttpAsking, 'get' | 'post'> & {
  /** Waits as long as it takes. */
  readonly getSlowly: <T>(path: string) => Promise<T>;
}): Judging {
  return {
    ask: (request) => post('/questions', JSON.stringify(request)),
    question: (id, wait) => getSlowly(`/questions/${encodeURIComponent(id)}?wait=${wait}`),
    autonomy: () => get('/autonomy'),
    setAutonomy: (request) => post('/autonomy', JSON.stringify(request)),
    restartSource: (what) => post('/sources/restart', JSON.stringify(what)),
    limit: (what) => post('/limit', JSON.stringify(what)),
  };
}
