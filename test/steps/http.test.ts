import { createServer as createSocketServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { redactedResult } from '../../src/runs/redacted-result.ts';
import type { StepContext, StepResult } from '../../src/runs/step-kind.ts';
import type { Json } from '../../src/std/json.ts';
import { redaction } from '../../src/std/redact.ts';
import { HttpClient } from '../../src/steps/http-client.ts';
import { httpShape } from '../../src/steps/http-shape.ts';
import { httpStep } from '../../src/steps/http.ts';
import { type Answer, listen, startTarget, type Target } from '../fixtures/http-target.ts';
import { contextOf, written } from '../fixtures/step-context.ts';
import { until } from '../fixtures/until.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

describe('a request', () => {
  test('carries the key of its step, and who asks', async () => {
    const target = await targetOf((response) => response.end());
    await call({ url: `${target.url}/a?b=c#d` }, { flow: 'größe 1', attempt: 2 });
    expect(target.received).toMatchObject([
      {
        method: 'GET',
        path: '/a?b=c',
        headers: {
          host: `127.0.0.1:${target.port}`,
          'idempotency-key': 'sb00000000-8/publish',
          'x-signalbox-run-id': 'sb00000000-8',
          'x-signalbox-flow': 'gr%C3%B6%C3%9Fe%201',
          'x-signalbox-step': 'publish',
          'x-signalbox-attempt': '2',
          'x-signalbox-epoch': '1.4',
          'x-signalbox-idempotency-key': 'sb00000000-8/publish',
        },
      },
    ]);
  });

  test('carries what the step writes', async () => {
    const target = await targetOf((response) => response.end());
    const headers = { 'X-Number': 7, Authorization: 'Bearer a', 'Idempotency-Key': 'own' };
    await call({ url: target.url, method: 'PUT', headers, json: { a: ['ü', 1] } });
    await call({ url: target.url, body: 'text' });
    await call({
      url: target.url,
      headers: { 'content-type': 'application/x-ndjson' },
      body: { a: 1 },
    });
    expect(target.received).toMatchObject([
      {
        method: 'PUT',
        body: '{"a":["ü",1]}',
        headers: {
          'content-type': 'application/json',
          'x-number': '7',
          authorization: 'Bearer a',
          'idempotency-key': 'own',
        },
      },
      { method: 'POST', body: 'text', headers: { 'content-type': 'text/plain; charset=utf-8' } },
      { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/x-ndjson' } },
    ]);
  });

  test('shares its connection with the next', async () => {
    const target = await targetOf((response) => response.end('ok'));
    const client = clientOf(target);
    for (let i = 0; i < 5; i++) await call({ url: target.url }, {}, client);
    expect(target.received).toHaveLength(5);
    expect(target.connections()).toBeLessThan(5);
  });

  test.each([
    [{ url: 'x' }, '"x" cannot be called: it is no URL'],
    [{ url: 'ftp://example.com' }, 'only http and https are called, not ftp:'],
    [{ url: 'http://a:b@example.com/' }, 'it holds a password'],
    [
      { url: 'http://127.0.0.1:1', headers: { a: 'b\r\nc: d' } },
      'The header "a" holds a character',
    ],
    [{ url: 'http://127.0.0.1:1', headers: { a: '日本' } }, 'The header "a" holds a character'],
  ])('that a template made impossible fails for good: %j', async (http, message) => {
    const result = await call(http);
    expect(result).toMatchObject({
      kind: 'fail',
      error: { code: 'step.input_invalid', happened: 'no' },
    });
    expect(result).toHaveProperty('error.message', expect.stringContaining(message));
  });
});

describe('an answer', () => {
  test.each<[string, string | Buffer, Json]>([
    ['application/json', '{"a":[1]}', { a: [1] }],
    ['application/problem+json; charset=utf-8', '"a"', 'a'],
    ['text/plain', '{"a":1}', '{"a":1}'],
    ['text/html; charset=iso-8859-1', Buffer.from([0x67, 0xfc, 0x6e]), 'gün'],
    ['application/json', '', null],
  ])('of type %s is read as what it is', async (type, body, value) => {
    const target = await targetOf((response) => {
      response.writeHead(201, { 'content-type': type, etag: '"1"', 'set-cookie': 'a=b' }).end(body);
    });
    expect(await call({ url: target.url })).toEqual({
      kind: 'done',
      output: { status: 201, headers: { 'content-type': type, etag: '"1"' }, body: value },
    });
  });

  test('that is compressed although nobody asked for that is read too', async () => {
    const target = await targetOf((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' });
      response.end(gzipSync('{"a":1}'));
    });
    expect(await call({ url: target.url })).toMatchObject({ output: { body: { a: 1 } } });
  });

  test.each<[string, { readonly [name: string]: string }, string | Buffer]>([
    ['JSON that is none', { 'content-type': 'application/json' }, '<html>'],
    ['bytes that are no text', { 'content-type': 'image/png' }, Buffer.from([0x89, 0xff])],
    ['an unknown encoding', { 'content-encoding': 'zstd' }, 'a'],
    ['an encoding that it has not', { 'content-encoding': 'gzip' }, 'plain'],
    ['an unknown character set', { 'content-type': 'text/plain; charset=klingon' }, 'a'],
  ])('of %s is a failure, and may have happened', async (_, headers, body) => {
    const target = await targetOf((response) => response.writeHead(200, headers).end(body));
    expect(await call({ url: target.url })).toMatchObject({
      kind: 'fail',
      error: { code: 'http.answer_invalid', happened: 'maybe' },
    });
  });

  test('without an end is cut off', async () => {
    const chunk = Buffer.alloc(65_536, 'a');
    let closed = false;
    const target = await targetOf((response) => {
      const more = (): unknown => response.write(chunk);
      response.on('drain', more).on('close', () => (closed = true));
      more();
    });
    const result = await call({ url: target.url });
    expect(result).toMatchObject({ kind: 'fail', error: { code: 'step.output_too_large' } });
    await until(() => closed);
  });

  test('that unpacks to more than a step may keep is refused', async () => {
    const target = await targetOf((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(2e6)));
    });
    const error = { code: 'step.output_too_large', happened: 'maybe' };
    expect(await call({ url: target.url })).toMatchObject({ kind: 'fail', error });
  });
});

describe('a status', () => {
  test.each([
    [200, 'done', undefined],
    [204, 'done', undefined],
    [304, 'fail', 'no'],
    [400, 'fail', 'no'],
    [401, 'fail', 'no'],
    [404, 'fail', 'no'],
    [408, 'retry', 'no'],
    [409, 'fail', 'no'],
    [425, 'retry', 'no'],
    [429, 'retry', 'no'],
    [500, 'retry', 'maybe'],
    [502, 'retry', 'maybe'],
    [503, 'retry', 'no'],
    [504, 'retry', 'maybe'],
  ])('of %i comes to: %s, happened: %s', async (status, kind, happened) => {
    const target = await targetOf((response) => response.writeHead(status).end());
    const result = await call({ url: target.url, method: 'POST' });
    expect(result).toMatchObject({ kind });
    expect('error' in result ? result.error.happened : undefined).toBe(happened);
  });

  test('is told with its request and what the body says, but not with the query', async () => {
    const target = await targetOf((response) => response.writeHead(400).end('no such "name"'));
    expect(await call({ url: `${target.url}/a?token=b`, method: 'DELETE' })).toEqual({
      kind: 'fail',
      error: {
        code: 'http.status',
        message: `DELETE ${target.url}/a answered 400.`,
        happened: 'no',
        status: 400,
        detail: 'no such "name"',
      },
    });
  });

  test('keeps no half of a secret where what the body says is cut', async () => {
    const secret = 'canary-4711-which-is-long';
    const body = `${' '.repeat(4_096 - 12)}${secret}`;
    const target = await targetOf((response) => response.writeHead(400).end(body));
    const result = redactedResult(await call({ url: target.url }), redaction([secret]));
    expect(result).toHaveProperty('error.detail', `${' '.repeat(4_096 - 12)}[secret]…`);
  });

  test('is done where it is expected, and only there', async () => {
    const target = await targetOf((response, { path }) => {
      response.writeHead(Number(path?.slice(1)), { location: '/200' }).end();
    });
    const expect404 = { expect: [201, 404, 302] };
    for (const status of [201, 404, 302]) {
      const result = await call({ url: `${target.url}/${status}`, ...expect404 });
      expect(result).toMatchObject({ kind: 'done', output: { status } });
    }
    const result = await call({ url: `${target.url}/200`, expect: 201 });
    expect(result).toMatchObject({ kind: 'fail', error: { happened: 'maybe' } });
    expect(result).toHaveProperty('error.message', expect.stringContaining('"expect"'));
  });

  test.each([
    ['120', undefined, 120_000],
    ['0', undefined, 0],
    ['Fri, 20 Nov 2026 09:00:30 GMT', undefined, 30_000],
    ['Fri, 20 Nov 2026 10:00:30 GMT', 'Fri, 20 Nov 2026 10:00:00 GMT', 30_000],
    ['Fri, 20 Nov 2020 09:00:00 GMT', undefined, 0],
    ['999999999999', undefined, 86_400_000],
    ['soon', undefined, undefined],
    ['', undefined, undefined],
  ])('with Retry-After %s is tried again when the server wants', async (after, date, afterMs) => {
    const target = await targetOf((response) => {
      response.sendDate = false;
      if (date !== undefined) response.setHeader('date', date);
      response.writeHead(429, { 'retry-after': after }).end();
    });
    const result = await call({ url: target.url });
    expect('afterMs' in result ? result.afterMs : undefined).toBe(afterMs);
  });
});

describe('a request that fails', () => {
  test('to connect did not happen', async () => {
    const target = await targetOf((response) => response.end());
    await target.stop();
    expectUnreachable(await call({ url: target.url, method: 'POST' }), 'ECONNREFUSED');
  });

  test('to find its host did not happen', async () => {
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND missing.test'), {
      code: 'ENOTFOUND',
    });
    const client = new HttpClient({
      allow: [],
      lookup: (_, options, callback) => callback(error, options.all ? [] : ''),
    });
    const result = await call({ url: 'http://missing.test', method: 'POST' }, {}, client);
    expectUnreachable(result, 'ENOTFOUND missing.test');
  });

  test('to agree on TLS did not happen', async () => {
    const target = await targetOf((response) => response.end());
    const result = await call({ url: `https://127.0.0.1:${target.port}`, method: 'POST' });
    expectUnreachable(result, 'SSL');
  });

  test.each<[string, (socket: Socket) => void]>([
    ['is cut off', (socket) => socket.once('data', () => socket.destroy())],
    ['is answered with rubbish', (socket) => socket.once('data', () => socket.end('%$§!\r\n\r\n'))],
    ['is answered by half', (socket) => socket.once('data', () => socket.end(HALF_AN_ANSWER))],
  ])('as it %s may have happened', async (_, treat) => {
    const server = createSocketServer(treat);
    const { port } = await listen(server);
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    expect(await call({ url: `http://127.0.0.1:${port}`, method: 'POST' })).toMatchObject({
      kind: 'retry',
      error: { code: 'http.broken', happened: 'maybe' },
    });
  });

  test('as nobody answers may have happened, and ends when it is told to', async () => {
    const stop = new AbortController();
    const target = await targetOf(() => stop.abort());
    expect(await call({ url: target.url, method: 'POST' }, { signal: stop.signal })).toMatchObject({
      kind: 'retry',
      error: { code: 'http.broken', happened: 'maybe' },
    });
  });

  test('as its host is never found ends when it is told to', async () => {
    const stop = new AbortController();
    const client = new HttpClient({ allow: ['slow.test'], lookup: () => stop.abort() });
    const result = await call({ url: 'http://slow.test' }, { signal: stop.signal }, client);
    expect(result).toMatchObject({ kind: 'retry', error: { code: 'http.broken' } });
  });

  test('as it is to be stopped already did not happen', async () => {
    const target = await targetOf((response) => response.end());
    const result = await call({ url: target.url }, { signal: AbortSignal.abort() });
    expectUnreachable(result, 'stopped');
    expect(target.received).toEqual([]);
  });

  test('as the daemon stops may have happened', async () => {
    const client = new HttpClient({ allow: ['127.0.0.1'] });
    const target = await targetOf(() => void client.stop());
    const result = await call({ url: target.url }, {}, client);
    expect(result).toMatchObject({ kind: 'retry', error: { code: 'http.broken' } });
  });
});

describe('an http step as it is written', () => {
  test('keeps its method also where it was left out', () => {
    expect(written(httpShape, { http: { url: 'http://a.example/' } })).toEqual({
      http: { url: 'http://a.example/', method: 'GET' },
    });
    expect(written(httpShape, { http: { url: '{payload.url}', json: null } })).toEqual({
      http: { url: '{payload.url}', json: null, method: 'POST' },
    });
  });

  test.each([
    [
      { url: 'example.com' },
      /^http\.url: it is no URL; write one such as https:\/\/example\.com\/api$/,
    ],
    [{ url: 'file:///etc' }, /^http\.url: only http and https are called, not file:$/],
    [{ url: 'https://a:b@c.example' }, /^http\.url: it holds a password/],
    [{ url: 'https://a.example', method: 'TRACE' }, /^http\.method: /],
    [{ url: 'https://a.example', method: 'GET', json: {} }, /^http\.body: GET has no body$/],
    [{ url: 'https://a.example', json: 1, body: 'a' }, /^http\.body: there is "json" too/],
    [
      { url: 'https://a.example', headers: { Host: 'b' } },
      /^http\.headers\.Host: .*set by Signalbox/,
    ],
    [{ url: 'https://a.example', headers: { 'X-Signalbox-Run-Id': 'b' } }, /set by Signalbox/],
    [{ url: 'https://a.example', headers: { 'a b': 'c' } }, /no name of a header/],
    [{ url: 'https://a.example', expect: 99 }, /^http\.expect: /],
    [{ url: 'https://a.example', retries: 1 }, /^http: Unrecognized key: "retries"$/],
    [{}, /^http\.url: /],
  ])('is refused as %j', (http, message) => {
    expect(written(httpShape, { http })).toEqual([expect.stringMatching(message)]);
  });
});

const HALF_AN_ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf';

function expectUnreachable(result: StepResult, message: string): void {
  expect(result).toMatchObject({
    kind: 'retry',
    error: { code: 'http.unreachable', happened: 'no' },
  });
  expect(result).toHaveProperty('error.message', expect.stringContaining(message));
}

async function targetOf(answer: Answer): Promise<Target> {
  const target = await startTarget(answer);
  ends.push(target.stop);
  return target;
}

function clientOf(target: Target): HttpClient {
  const client = new HttpClient({ allow: [`127.0.0.1:${target.port}`] });
  ends.push(() => client.stop());
  return client;
}

/** Calls as a step would whose mapping was read by the shape. */
function call(
  http: { readonly [key: string]: Json },
  given: Partial<StepContext> = {},
  client = new HttpClient({ allow: ['127.0.0.1'] }),
): Promise<StepResult> {
  ends.push(() => client.stop());
  const method = http['json'] === undefined && http['body'] === undefined ? 'GET' : 'POST';
  return httpStep(client).execute(contextOf({ http: { method, ...http } }, given));
}
