import type { IncomingHttpHeaders } from 'node:http';
import { type AllowedHosts, isAllowedHost } from './allowed-hosts.ts';
import { HttpError } from './http-error.ts';

/**
 * Why a request that was not meant for us is refused: it names another host, or a browser sends it
 * on behalf of a page that is not ours. Undefined where neither is so.
 */
export function refuseStranger(
  headers: IncomingHttpHeaders,
  hosts: AllowedHosts,
): HttpError | undefined {
  if (!isAllowedHost(headers.host, hosts)) {
    const message = 'This server is not known under that name; add it to "hosts" if it should be.';
    return new HttpError('request.unknown_host', message, { status: 421 });
  }
  if (!isForeignPage(headers)) return undefined;
  const message = 'Requests on behalf of other web pages are refused.';
  return new HttpError('request.cross_site', message, { status: 403 });
}

/** A browser says on whose behalf it asks. */
function isForeignPage({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  return foreignSite || (origin !== undefined && hostOf(origin) !== host?.toLowerCase());
}

function hostOf(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase();
}
