import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Client, IN_FLIGHT_MAX } from '../../src/cli/client.ts';
import { openHttpClient } from '../../src/cli/http-client.ts';
import { isAnswering } from '../../src/cli/http-transport.ts';
import type { EventDraft } from '../../src/events/event.ts';
import { openApi, TOKEN } from '../server/api.ts';
import { flowOf } from '../server/engine.ts';

async function open(url: string, token = TOKEN): Promise<Client> {
  const client = await openHttpClient(url, token);
  onTestFinished(() => client.close());
  return client;
}

/** A server that is no daemon. */
async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const draft = (data: string, id?: string): EventDraft => ({
  type: 'a.b',
  source: 'test',
  id,
  data,
});

describe('a client over HTTP', () => {
  test('records an event as it is and reads it back', async () => {
    const { server } = await openApi();
    const client = await open(server.url);
    const full = { ...draft('{"n":1.0}', 'x-1'), subject: 's', extensions: { region: 'eu' } };
    expect(await client.emit(full)).toMatchObject({ kind: 'accepted', id: 'x-1' });
    expect(await client.event('x-1')).toMatchObject({
      type: 'a.b',
      source: 'test',
      subject: 's',
      region: 'eu',
      data: { n: 1 },
    });
  });

  test('tells duplicates, conflicts and what is invalid as values', async () => {
    const { server } = await openApi();
    const client = await open(server.url);
    const first = await client.emit(draft('1', 'same'));
    expect(await client.emit(draft('1', 'same'))).toEqual({ ...first, duplicate: true });
    expect(await client.emit(draft('2', 'same'))).toMatchObject({ kind: 'conflict', id: 'same' });
    expect(await client.emit({ ...draft('1'), type: 'run.started' })).toMatchObject({
      kind: 'invalid',
      problem: expect.stringContaining('"type" may not be') as string,
    });
  });

  test('records a stream in the order of its calls, far more than may be under way', async () => {
    const { server } = await openApi();
    const client = await open(server.url);
    const emit = await client.emitInOrder();
    const results = await Promise.all(
      Array.from({ length: IN_FLIGHT_MAX * 3 }, (_, i) => emit(draft(String(i)))),
    );
    const seqs = results.map((result) => (result.kind === 'accepted' ? result.seq : -1));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    const { items } = await client.events({ limit: 1_000, type: 'a.b' });
    expect(items.map(({ data }) => data)).toEqual(results.map((_, i) => i));
  });

  test('finds runs, and waits until an event is routed where it is asked to', async () => {
    const { server } = await openApi({ flows: [flowOf('f', 'a.b', ['one'])] });
    const client = await open(server.url);
    const result = await client.emit(draft('null'));
    if (result.kind !== 'accepted') throw new Error(result.kind);
    const event = await client.event(result.id, result.seq);
    const [started] = event?.disposition ?? [];
    expect(started).toMatchObject({ flow: 'f', outcome: 'started' });
    expect(await client.run(started?.run ?? '')).toMatchObject({ flow: 'f', event: result.id });
    expect((await client.runs({ limit: 10, flow: 'f' })).items).toHaveLength(1);
  });

  test('answers with nothing where there is nothing', async () => {
    const { server } = await openApi();
    const client = await open(server.url);
    expect(await client.event('no such/event')).toBeUndefined();
    expect(await client.run('999')).toBeUndefined();
  });

  test('follows the log, and reads a part of it', async () => {
    const { server } = await openApi();
    const client = await open(server.url);
    const { events: head } = await client.stats();
    for (const data of ['1', '2', '3']) await client.emit(draft(data));
    const seen: unknown[] = [];
    for await (const event of client.log({ after: head, until: head + 2 })) seen.push(event.data);
    expect(seen).toEqual([1, 2]);
    for await (const event of client.follow({ after: head + 2, type: 'a.*' })) {
      expect(event.data).toBe(3);
      break;
    }
  });

  test('says with the words of the daemon why it was refused', async () => {
    const { server } = await openApi();
    const client = await open(server.url, 'x'.repeat(40));
    await expect(client.stats()).rejects.toMatchObject({
      code: 'auth.wrong',
      message: 'This is no token that lets anybody in, or none any more.',
    });
    await expect(client.emit(draft('1'))).rejects.toMatchObject({ code: 'auth.wrong' });
    await expect(client.follow({ after: 0 })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'auth.wrong',
    });
  });

  test('says where nobody answers, and how to start a daemon', async () => {
    const client = await open('http://127.0.0.1:9');
    await expect(client.stats()).rejects.toMatchObject({
      code: 'daemon.absent',
      message: expect.stringContaining('signalbox up') as string,
    });
    const emit = await client.emitInOrder();
    await expect(emit(draft('1'))).rejects.toMatchObject({ code: 'daemon.connection_lost' });
  });

  test.each([
    [429, { 'retry-after': '2' }, { kind: 'refused', reason: 'busy', retryAfterMs: 2_000 }],
    [503, {}, { kind: 'refused', reason: 'busy', retryAfterMs: 1_000 }],
    [507, { 'retry-after': '5' }, { kind: 'refused', reason: 'disk_full', retryAfterMs: 5_000 }],
    [413, {}, { kind: 'invalid', problem: 'The daemon answered with status 413.' }],
  ])('reads an answer of %i as a value', async (status, headers, expected) => {
    const url = await listen((_, response) => response.writeHead(status, headers).end('<html>'));
    const client = await open(url);
    expect(await client.emit(draft('1'))).toEqual(expected);
  });

  test('takes a page of somebody else for no answer', async () => {
    const url = await listen((_, response) => response.writeHead(500).end('<html>'));
    const client = await open(url);
    await expect(client.stats()).rejects.toMatchObject({ code: 'daemon.refused' });
  });
});

test('what has no answer when the connection is lost is not sent again', async () => {
  const bodies: string[] = [];
  const url = await listen((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
    // The first is answered; with the fifth the daemon dies.
    request.on('end', () =>
      bodies.length < 5 ? response.writeHead(507).end() : request.socket.destroy(),
    );
  });
  const client = await open(url);
  const emit = await client.emitInOrder();
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => emit(draft(String(i)))),
  );
  expect(results.slice(0, 4).map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
  expect(results.slice(4).map(({ status }) => status)).toEqual(Array(16).fill('rejected'));
  expect(new Set(bodies).size).toBe(bodies.length);
});

test('a daemon is told from an empty port by a connection alone', async () => {
  const url = await listen((_, response) => response.end());
  expect(await isAnswering(url)).toBe(true);
  expect(await isAnswering('http://127.0.0.1:9')).toBe(false);
});
