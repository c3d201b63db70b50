import type { DelegationView, ProposalsClient } from './client.ts';
import type { HttpAsking } from './http-letters.ts';

/** The proposals of a daemon. */
export function httpProposals({ get, post, orUndefined }: HttpAsking): ProposalsClient {
  const pathOf = (id: string): string => `/proposals/${encodeURIComponent(id)}`;
  return {
    list: (query) => get('/proposals', { ...query }),
    find: (id) => orUndefined(get(pathOf(id))),
    async delegations() {
      return (await get<{ items: readonly DelegationView[] }>('/delegations')).items;
    },
    async delegate(request) {
      const body = JSON.stringify(request);
      return (await post<{ items: readonly DelegationView[] }>('/delegations', body)).items;
    },
    link: (id, request) => post(`${pathOf(id)}/link`, JSON.stringify(request)),
    decide: (id, { edited, ...words }) => {
      const body = JSON.stringify(words);
      // What is edited goes out as it was written.
      const whole = edited === undefined ? body : `${body.slice(0, -1)},"edited":${edited}}`;
      return post(`${pathOf(id)}/decision`, whole);
    },
  };
}
