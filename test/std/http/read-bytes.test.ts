import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { HttpError } from '../../../src/std/http/http-error.ts';
import { readBytes } from '../../../src/std/http/read-bytes.ts';

interface Sent {
  readonly chunks: readonly string[];
  readonly length?: number;
  /** Whether the client hangs up instead of ending the request. */
  readonly isCut?: boolean;
}

/** What a server of at most ten bytes reads of a request: its text, or the code of its refusal. */
async function readOf({ chunks, length, isCut = false }: Sent): Promise<string> {
  const server = createServer();
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const headers = length === undefined ? {} : { 'content-length': length };
  const { port } = server.address() as AddressInfo;
  const client = request({ host: '127.0.0.1', port, method: 'POST', headers });
  client.on('error', () => {});
  for (const chunk of chunks) client.write(chunk);
  client.flushHeaders();
  const [incoming] = await once(server, 'request');
  const read = readBytes(incoming, 10).then(String, (error) => (error as HttpError).code);
  if (isCut) client.destroy();
  else if (length === undefined) client.end();
  const text = await read;
  client.destroy();
  return text;
}

test.each<[string, Sent]>([
  ['', { chunks: [] }],
  ['12345', { chunks: ['12345'], length: 5 }],
  ['1234567890', { chunks: ['12345', '67890'] }],
  ['request.too_large', { chunks: ['12345', '678901'] }],
  ['request.too_large', { chunks: [], length: 11 }],
  ['request.malformed', { chunks: ['12345'], length: 9, isCut: true }],
])('is read as %j: %j', async (expected, sent) => {
  expect(await readOf(sent)).toBe(expected);
});
