import type { IncomingMessage } from 'node:http';

/**
 * Where a request comes from: with a proxy of ours before us, what that says. Of several proxies,
 * each adds who asked it at the end: the last word is that of our own.
 */
export function addressOf({ headers, socket }: IncomingMessage, behindProxy: boolean): string {
  const told = headers['x-forwarded-for'];
  const list = behindProxy && typeof told === 'string' ? told : '';
  return list.split(',').at(-1)?.trim() || (socket.remoteAddress ?? '');
}
