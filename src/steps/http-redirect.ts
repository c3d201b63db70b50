/** One request as it is sent: its headers' names in small letters. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | undefined;
}

/** Where an answer sends the client: on, nowhere, or where it must not go. */
export type Redirect =
  | { readonly kind: 'none' }
  | { readonly kind: 'hop'; readonly hop: Hop }
  | { readonly kind: 'refused'; readonly reason: string };

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Headers that say nothing of who asks: all others stay with the host they were written for. */
const COMMON_HEADERS =
  /^(accept|accept-language|content-type|user-agent|idempotency-key|x-signalbox-.*)$/;

/** The next request of a redirect, as browsers make it, with nothing that is not for that host. */
export function redirectOf(hop: Hop, status: number, location: string | undefined): Redirect {
  if (!REDIRECTS.includes(status) || location === undefined) return { kind: 'none' };
  if (!URL.canParse(location, hop.url.href)) return { kind: 'refused', reason: 'no URL' };
  const url = new URL(location, hop.url);
  const reason = refusal(hop.url, url);
  if (reason !== undefined) return { kind: 'refused', reason };
  const method = methodAfter(hop.method, status);
  const kept = method === hop.method;
  const headers = Object.entries(hop.headers).filter(
    ([name]) =>
      (url.origin === hop.url.origin || COMMON_HEADERS.test(name)) &&
      (kept || !name.startsWith('content-')),
  );
  return {
    kind: 'hop',
    hop: { method, url, headers: Object.fromEntries(headers), body: kept ? hop.body : undefined },
  };
}

function refusal(from: URL, to: URL): string | undefined {
  if (to.protocol !== 'http:' && to.protocol !== 'https:') return `of the scheme ${to.protocol}`;
  if (to.username !== '' || to.password !== '') return 'with a password in it';
  return from.protocol === 'https:' && to.protocol === 'http:' ? 'without TLS' : undefined;
}

function methodAfter(method: string, status: number): string {
  if (status === 303 && method !== 'HEAD') return 'GET';
  return (status === 301 || status === 302) && method === 'POST' ? 'GET' : method;
}
