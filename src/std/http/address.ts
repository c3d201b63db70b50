import type { AddressInfo } from 'node:net';

/** The host as a socket wants it: an IPv6 address without brackets. */
export function bareHost(host: string): string {
  return host.replaceAll(/^\[|\]$/g, '');
}

/** The URL of a host and a port: an IPv6 address with brackets. */
export function urlOf(host: string, port: number): string {
  const bare = bareHost(host);
  return `http://${bare.includes(':') ? `[${bare}]` : bare}:${port}`;
}

/**
 * The URL under which this machine asks a server: one that listens on all addresses is known under
 * none of them, but under that of the machine to itself.
 */
export function localUrlOf(host: string, { address, port }: AddressInfo): string {
  return urlOf(LOOPBACK_OF.get(address) ?? host, port);
}

const LOOPBACK_OF: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Whether only this machine reaches a host by its name or address. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(host);
}
