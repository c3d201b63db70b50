/** The names under which we may be asked for. */
export interface AllowedHosts {
  /** In lower case, IPv6 in brackets; `name:port` where only that port is meant. */
  readonly names: ReadonlySet<string>;
  readonly port: number;
}

const ALWAYS = ['localhost', '127.0.0.1', '[::1]'];
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** This machine's own names, the address that is bound, and what the configuration names. */
export function allowedHosts(
  bound: { readonly host: string; readonly port: number },
  configured: readonly string[],
): AllowedHosts {
  const own = WILDCARDS.has(bound.host) ? [] : [bound.host];
  const names = new Set([...ALWAYS, ...own, ...configured].map(normalize));
  return { names, port: bound.port };
}

/**
 * Whether a `Host` header names us, with our port or with none.
 *
 * A page whose name was made to point here still sends that name: so DNS rebinding shows.
 */
export function isAllowedHost(header: string | undefined, { names, port }: AllowedHosts): boolean {
  const parts = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(header ?? '');
  if (header === undefined || parts === null) return false;
  const [, name = '', named] = parts;
  if (names.has(header.toLowerCase())) return true;
  return names.has(name.toLowerCase()) && (named === undefined || Number(named) === port);
}

function normalize(name: string): string {
  const lower = name.toLowerCase();
  return /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/.test(lower) ? `[${lower}]` : lower;
}
