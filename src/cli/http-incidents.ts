import type { HttpAsking } from './http-letters.ts';
import type { IncidentsClient } from './incidents-client.ts';

/** The incidents of a daemon. */
export function httpIncidents({ get, post, orUndefined }: HttpAsking): IncidentsClient {
  const pathOf = (id: string): string => `/incidents/${encodeURIComponent(id)}`;
  return {
    list: (query) => get('/incidents', { ...query }),
    find: (id) => orUndefined(get(pathOf(id))),
    say: (id, { verb, reason }) => post(`${pathOf(id)}/${verb}`, JSON.stringify({ reason })),
  };
}
