/** The host as a socket wants it: an IPv6 address without brackets. */
export function bareHost(host: string): string {
  return host.replaceAll(/^\[|\]$/g, '');
}

/** The URL of a host and a port: an IPv6 address with brackets. */
export function urlOf(host: string, port: number): string {
  const bare = bareHost(host);
  return `http://${bare.includes(':') ? `[${bare}]` : bare}:${port}`;
}

/** Whether only this machine reaches a host by its name or address. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(host);
}
