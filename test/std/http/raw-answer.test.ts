import { createServer, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HttpError } from '../../../src/std/http/http-error.ts';
import { refuse, unreadableAnswerer } from '../../../src/std/http/raw-answer.ts';
import { RequestIds } from '../../../src/std/http/request-ids.ts';
import { openSocket, type RawSocket } from '../../server/raw-socket.ts';

const BODY_BYTES = 1_000;
const HOST = 'Host: localhost';

/** A connection to a server that refuses whatever it can read. */
async function connect(limits: ServerOptions = {}): Promise<RawSocket> {
  const headers = { 'x-why': 'closed' };
  const error = new HttpError('server.closed', 'Come again.', { status: 503, headers });
  const server = createServer({ maxHeaderSize: 1_024, ...limits }, (request, response) => {
    if (request.url === '/named') response.setHeader('x-request-id', 'r-1');
    refuse(request, response, { error, bodyBytes: BODY_BYTES });
  });
  server.on('clientError', unreadableAnswerer(new RequestIds()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return openSocket({ server: { url: `http://127.0.0.1:${port}` } });
}

interface Answer {
  /** In small letters. */
  readonly head: string;
  readonly body: string;
}

async function answerTo(bytes: string, limits: ServerOptions = {}): Promise<Answer> {
  const socket = await connect(limits);
  await socket.send(bytes);
  const [head = '', body = ''] = (await socket.received).split('\r\n\r\n');
  return { head: head.toLowerCase(), body };
}

function requestText(method: string, lines: readonly string[] = []): string {
  return `${[`${method} / HTTP/1.1`, HOST, ...lines].join('\r\n')}\r\n\r\n`;
}

describe('a request that is refused', () => {
  test('gets the error as a problem, with its headers', async () => {
    const { head, body } = await answerTo(requestText('GET', ['Connection: close']));
    expect(head).toMatch(/^http\/1\.1 503 /);
    expect(head).toContain('x-why: closed');
    expect(head).toContain('content-type: application/problem+json');
    expect(head).toContain(`content-length: ${body.length}`);
    expect(JSON.parse(body)).toMatchObject({ code: 'server.closed', detail: 'Come again.' });
  });

  test('is told the id that its answer has', async () => {
    const { head, body } = await answerTo(
      `GET /named HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`,
    );
    expect(head).toContain('x-request-id: r-1');
    expect(JSON.parse(body)).toMatchObject({ request_id: 'r-1' });
  });

  test('by HEAD gets the same without a body', async () => {
    const { head, body } = await answerTo(requestText('HEAD', ['Connection: close']));
    expect(head).toMatch(/\r\ncontent-length: [1-9]/);
    expect(body).toBe('');
  });

  test('may send its short body to the end and ask again', async () => {
    const socket = await connect();
    await socket.send(`${requestText('POST', ['Content-Length: 4'])}body`);
    await socket.send(requestText('GET', ['Connection: close']));
    expect((await socket.received).match(/HTTP\/1\.1 503 /g)).toHaveLength(2);
  });

  test('with a body that nobody waits for is told to hang up', async () => {
    const length = `Content-Length: ${BODY_BYTES + 1}`;
    const { head, body } = await answerTo(requestText('POST', [length]));
    expect(head).toContain('connection: close');
    expect(JSON.parse(body)).toMatchObject({ code: 'server.closed' });
  });

  test('whose body never ends is cut off', async () => {
    const socket = await connect();
    await socket.send(requestText('POST', ['Transfer-Encoding: chunked']));
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    while (socket.isOpen()) await socket.send(chunk);
    expect(await socket.received).toMatch(/^HTTP\/1\.1 503 /);
  });
});

describe('what is no request', () => {
  function expectProblem(answer: Answer, status: number, code: string): void {
    const { head, body } = answer;
    expect(head).toMatch(new RegExp(String.raw`^http/1\.1 ${status} \w`));
    expect(head).toContain('connection: close');
    expect(head).toContain('cache-control: no-store');
    expect(head).toContain('x-content-type-options: nosniff');
    expect(head).toContain(`content-length: ${body.length}`);
    expect(JSON.parse(body)).toMatchObject({ status, code });
  }

  test('is answered as what it is, and hung up on', async () => {
    expectProblem(await answerTo('rubbish\r\n\r\n'), 400, 'request.malformed');
    const long = requestText('GET', [`X: ${'x'.repeat(2_000)}`]);
    expectProblem(await answerTo(long), 431, 'request.headers_too_large');
  });

  test('yet, for too long, is answered so', async () => {
    const limits = { headersTimeout: 100, connectionsCheckingInterval: 20 };
    const answer = await answerTo('GET / HTTP/1.1\r\nHost: local', limits);
    expectProblem(answer, 408, 'request.too_slow');
  });

  test('by HEAD gets no body either', async () => {
    const { head, body } = await answerTo(requestText('HEAD', ['X: a\rb']));
    expect(head).toMatch(/^http\/1\.1 400 /);
    expect(body).toBe('');
  });

  test('gets no answer where the other side is gone', () => {
    const answer = unreadableAnswerer(new RequestIds());
    const reset = new PassThrough();
    answer({ code: 'ECONNRESET' }, reset);
    const ended = new PassThrough().end();
    answer({ code: 'HPE_INVALID_METHOD' }, ended);
    const seen = [reset, ended].map((socket) => [socket.destroyed, socket.read()]);
    expect(seen).toEqual([
      [true, null],
      [true, null],
    ]);
  });
});
