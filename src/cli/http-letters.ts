import type { LettersClient } from './client.ts';
import type { Query } from './http-client.ts';

/** How a daemon's API is asked: for a document, or to do something. */
export interface HttpAsking {
  readonly get: <T>(path: string, query?: Query) => Promise<T>;
  /** The body is JSON. */
  readonly post: <T>(path: string, body: string) => Promise<T>;
  /** Undefined where what is asked for is not there. */
  readonly orUndefined: <T>(answer: Promise<T>) => Promise<T | undefined>;
}

/** The dead letters of a daemon. */
export function httpLetters({ get, post, orUndefined }: HttpAsking): LettersClient {
  const pathOf = (id: string): string => `/dead-letters/${encodeURIComponent(id)}`;
  return {
    list: (query) => get('/dead-letters', { ...query }),
    find: (id) => orUndefined(get(pathOf(id))),
    // The data goes out byte for byte as it came in.
    retry: (id, data) =>
      post(`${pathOf(id)}/retry`, data === undefined ? '{}' : `{"with":${data}}`),
    drop: (id, reason) => post(`${pathOf(id)}/drop`, JSON.stringify({ reason })),
  };
}
