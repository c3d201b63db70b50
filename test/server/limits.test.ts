import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { SERVER_LIMITS } from '../../src/server/limits.ts';
import { json, openApi, shareApi, TOKEN } from './api.ts';
import { openSocket } from './raw-socket.ts';

const EVENTS = '/api/v1/events';
const MIB = 1_048_576;

function head(lines: readonly string[]): string {
  const all = ['Host: localhost', `Authorization: Bearer ${TOKEN}`, ...lines];
  return `POST ${EVENTS} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n`;
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}

describe('a body', () => {
  const shared = shareApi();

  test('may have a mebibyte and not more', async () => {
    const { ask } = shared();
    const frame = '{"type":"a","data":""}';
    const fill = (bytes: number): string =>
      `{"type":"a","data":"${'x'.repeat(bytes - frame.length)}"}`;
    expect((await ask(EVENTS, { ...json(null), body: fill(MIB) })).status).toBe(202);
    const answer = await ask(EVENTS, { ...json(null), body: fill(MIB + 1) });
    expect(answer.json).toMatchObject({ status: 413, code: 'request.too_large' });
  });

  test('that announces a gibibyte is refused before it comes', async () => {
    const socket = await openSocket(shared());
    const type = 'Content-Type: application/json';
    await socket.send(head([type, `Content-Length: ${1_024 * MIB}`]));
    expect(statusOf(await socket.received)).toBe(413);
  });

  test.each<[string, string]>([
    ['with the token', `Authorization: Bearer ${TOKEN}`],
    ['without it', 'X-Nothing: here'],
  ])('that never ends is cut off, %s', async (_, authorization) => {
    const socket = await openSocket(shared());
    const lines = ['Host: localhost', authorization, 'Content-Type: application/json'];
    const start = [`POST ${EVENTS} HTTP/1.1`, ...lines, 'Transfer-Encoding: chunked'];
    await socket.send(`${start.join('\r\n')}\r\n\r\n`);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    let sent = 0;
    for (; socket.isOpen() && sent < 64 * MIB; sent += 65_536) await socket.send(chunk);
    expect([413, 401]).toContain(statusOf(await socket.received));
    expect(sent).toBeLessThan(64 * MIB);
  });

  test('that would unpack to a gibibyte is not unpacked', async () => {
    const { ask } = shared();
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    const answer = await ask(EVENTS, { ...json(null, { 'content-encoding': 'gzip' }), body: bomb });
    expect(answer.json).toMatchObject({ status: 415, code: 'request.media_type' });
  });

  test.each<[string, string, number]>([
    ['200,000 levels', `{"type":"a","data":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 400],
    ['65 levels', `{"type":"a","data":${'['.repeat(64)}${']'.repeat(64)}}`, 400],
    ['64 levels', `{"type":"a","data":${'['.repeat(63)}${']'.repeat(63)}}`, 202],
    ['100,000 names', `{"type":"a","data":{${namedMembers(100_000)}}}`, 413],
    ['50,000 names', `{"type":"a","data":{${namedMembers(50_000)}}}`, 202],
    ['50,000 attributes', `{"type":"a",${namedMembers(50_000)}}`, 400],
    ['a number of 500,000 digits', `{"type":"a","data":${'9'.repeat(500_000)}}`, 202],
  ])('with %s is answered at once', async (_, body, expected) => {
    const { ask } = shared();
    expect((await ask(EVENTS, { ...json(null), body })).status).toBe(expected);
  });
});

function namedMembers(count: number): string {
  return Array.from({ length: count }, (_, i) => `"name${i}":1`).join(',');
}

describe('headers', () => {
  const shared = shareApi();

  test('beyond 16 KiB are refused', async () => {
    const socket = await openSocket(shared());
    await socket.send(head([`X-Long: ${'x'.repeat(17_000)}`]));
    const answer = await socket.received;
    expect(statusOf(answer)).toBe(431);
    expect(answer).toContain('request.headers_too_large');
    expect(answer.toLowerCase()).toContain('x-content-type-options: nosniff');
  });

  test('that come too slowly are refused', async () => {
    const socket = await openSocket(await openApi({ limits: { headersMs: 100, sweepMs: 20 } }));
    await socket.send('GET /healthz HTTP/1.1\r\nHost: local');
    const answer = await socket.received;
    expect(statusOf(answer)).toBe(408);
    expect(answer).toContain('request.too_slow');
  });

  test('that never come end the connection', async () => {
    const socket = await openSocket(await openApi({ limits: { headersMs: 100, sweepMs: 20 } }));
    expect(statusOf(await socket.received)).toBe(408);
  });

  test.each<[string, string]>([
    ['rubbish', 'rubbish\r\n\r\n'],
    ['two lengths', head(['Content-Length: 1', 'Content-Length: 2'])],
    ['a length beside chunks', head(['Content-Length: 1', 'Transfer-Encoding: chunked'])],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['a line break within', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n'],
  ])('that are malformed are refused: %s', async (_, bytes) => {
    const socket = await openSocket(shared());
    await socket.send(bytes);
    expect(statusOf(await socket.received)).toBe(400);
  });

  test('with an empty or a second host do not get in by it', async () => {
    for (const lines of ['Host:', 'Host: evil.example\r\nHost: localhost']) {
      const socket = await openSocket(shared());
      await socket.send(`GET /healthz HTTP/1.1\r\n${lines}\r\nConnection: close\r\n\r\n`);
      expect([400, 421]).toContain(statusOf(await socket.received));
    }
  });
});

describe('a request', () => {
  test('whose body comes too slowly is given up', async () => {
    const limits = { headersMs: 100, requestMs: 200, sweepMs: 20 };
    const socket = await openSocket(await openApi({ limits }));
    await socket.send(head(['Content-Type: application/json', 'Content-Length: 100']));
    await socket.send('{"type":');
    expect([0, 408]).toContain(statusOf(await socket.received));
  });

  test('to change the protocol is answered like any other', async () => {
    const socket = await openSocket(await openApi({ limits: { idleMs: 50 } }));
    const lines = ['Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'];
    await socket.send(`GET /api/v1/status HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    expect(statusOf(await socket.received)).toBe(401);
  });
});

test('a daemon keeps the limits that are promised', () => {
  expect(SERVER_LIMITS).toMatchObject({
    bodyBytes: MIB,
    headerBytes: 16_384,
    headersMs: 10_000,
    requestMs: 30_000,
    connections: 256,
    wrongTokens: 10,
  });
  expect(SERVER_LIMITS.streams).toBeLessThan(SERVER_LIMITS.connections);
});
