import type { TokenView } from '../identity/token.ts';
import type { TokensClient } from './client.ts';
import type { HttpAsking } from './http-letters.ts';

/** The tokens of a daemon. */
export function httpTokens({ get, post }: Omit<HttpAsking, 'orUndefined'>): TokensClient {
  return {
    list: async () => (await get<{ items: readonly TokenView[] }>('/tokens')).items,
    create: (wish) => post('/tokens', JSON.stringify(wish)),
    revoke: (named) => post(`/tokens/${encodeURIComponent(named)}/revoke`, '{}'),
    link: (person) => post('/login-links', JSON.stringify({ person })),
  };
}
