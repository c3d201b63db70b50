import { isIPv6 } from 'node:net';

/** A host that steps may call though it is not of the public internet. */
export interface AllowedHost {
  /** As URLs write it: in small letters, IPv6 in brackets. */
  readonly hostname: string;
  /** Undefined: every port. */
  readonly port: number | undefined;
}

/** Reads an entry of `security.http_allow`, `host` or `host:port`; undefined for anything else. */
export function parseAllowedHost(entry: string): AllowedHost | undefined {
  const [, name = '', port] =
    /^(\[[^\]]+\]|[^:/?#@\s]+)(?::(\d{1,5}))?$/.exec(bracketed(entry)) ?? [];
  const hostname = hostnameOf(name);
  if (hostname === undefined || Number(port ?? 0) > 65_535) return undefined;
  return { hostname, port: port === undefined ? undefined : Number(port) };
}

/** Whether the list names this host at this port. Names are compared as written, not resolved. */
export function isAllowed(list: readonly AllowedHost[], hostname: string, port: number): boolean {
  const wanted = hostnameOf(bracketed(hostname));
  return list.some((allowed) => allowed.hostname === wanted && (allowed.port ?? port) === port);
}

function bracketed(text: string): string {
  return isIPv6(text) ? `[${text}]` : text;
}

/** The one form in which a URL writes this host, such as 127.0.0.1 for 0x7f.1. */
function hostnameOf(name: string): string | undefined {
  return name === '' || !URL.canParse(`http://${name}`)
    ? undefined
    : new URL(`http://${name}`).hostname;
}
