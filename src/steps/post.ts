import type { Post, Posted } from '../channels/post.ts';
import type { HttpClient } from './http-client.ts';
import { retryAfterMs } from './http-result.ts';
import { shown } from './written-value.ts';

/** Redirects are answers here: nobody else is told instead of the one who is named. */
const REDIRECTS = [301, 302, 303, 307, 308] as const;
/** Nobody reads what is answered. */
const BODY_BYTES_MAX = 1_024;

/** Posts over the client of `http` steps: to public hosts, and those of `security.http_allow`. */
export function openPost(client: HttpClient, now: () => number): Post {
  return async ({ url, headers, body, signal }): Promise<Posted> => {
    const outcome = await client.request({
      method: 'POST',
      url,
      headers: { 'user-agent': 'signalbox', ...headers },
      body,
      expected: REDIRECTS,
      bodyBytesMax: BODY_BYTES_MAX,
      signal,
    });
    switch (outcome.kind) {
      case 'answer':
        return {
          kind: 'answered',
          status: outcome.status,
          afterMs: retryAfterMs(outcome, now()),
        };
      case 'unsent': {
        const hopeless = outcome.code === 'http.forbidden_address';
        const reason = hopeless
          ? 'it is no host of the public internet, nor named under "security.http_allow"'
          : `no connection came about: ${shown(outcome.message)}`;
        return { kind: 'failed', reason, hopeless };
      }
      case 'lost':
        return { kind: 'failed', reason: `it was ${outcome.message}`, hopeless: true };
      case 'broken':
        return { kind: 'failed', reason: 'no whole answer came', hopeless: false };
    }
  };
}
