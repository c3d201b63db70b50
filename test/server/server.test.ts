import { createServer as createTcpServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createServer, type HttpServer } from '../../src/server/server.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { toRecord } from '../../src/store/record.ts';
import { type Answer, json, openApi, send, TOKEN } from './api.ts';
import { openEngine } from './engine.ts';
import { until } from './until.ts';

async function serverOn(host: string, port = 0): Promise<HttpServer> {
  const box = await openEngine([]);
  const server = createServer({ box, token: TOKEN, host, port, hosts: [], logger: silentLogger });
  onTestFinished(() => server.stop());
  return server;
}

describe('the server', () => {
  test.each(['127.0.0.1', 'localhost'])('listens on %s and says where', async (host) => {
    const server = await serverOn(host);
    await server.start();
    expect(server.url).toMatch(new RegExp(`^http://${host}:[1-9]\\d*$`));
    expect((await send(server.url, '/healthz', {})).status).toBe(200);
  });

  test('says that its address is taken', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => {
      other.once('listening', resolve);
    });
    const { port } = other.address() as { port: number };
    const server = await serverOn('127.0.0.1', port);
    await expect(server.start()).rejects.toMatchObject({ code: 'server.address_in_use' });
  });

  test('says that it cannot listen on an address of another machine', async () => {
    const server = await serverOn('192.0.2.1');
    await expect(server.start()).rejects.toMatchObject({ code: 'server.cannot_listen' });
  });

  test('may be stopped before it started, and twice', async () => {
    const server = await serverOn('127.0.0.1');
    await server.stop();
    await expect(server.stop()).resolves.toBeUndefined();
  });
});

describe('a stop', () => {
  test('lets the answers under way be sent', async () => {
    const { ask, server, box } = await openApi();
    const before = box.store.head();
    const post = (): Promise<Answer> => ask('/api/v1/events', json({ type: 'a' }));
    const asked = Promise.allSettled(Array.from({ length: 20 }, post));
    await until(() => (box.store.head() > before ? true : undefined));
    await server.stop();
    const answers = await asked;
    const recorded = box.store.head() - before;
    const acknowledged = answers.filter(
      (answer) => answer.status === 'fulfilled' && answer.value.status === 202,
    );
    expect(acknowledged).toHaveLength(recorded);
  });

  test('closes every connection and takes no new one', async () => {
    const { ask, server } = await openApi();
    await ask('/healthz');
    await server.stop();
    await expect(ask('/healthz')).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('an error that nobody foresaw', () => {
  test('tells the log and not the client', async () => {
    const logged: string[] = [];
    const note = (message: string, fields?: object): void => {
      logged.push(`${message} ${JSON.stringify(fields)}`);
    };
    const logger = { info: note, warn: note, error: note };
    const { ask, box } = await openApi({ logger });
    // What no door lets in: a payload that is no JSON.
    const record = toRecord({ type: 'a', source: 'test', data: '{"secret":' }, 0);
    await box.store.append({ writes: [{ kind: 'event', record }] });
    const answer = await ask('/api/v1/events?type=a');
    expect(answer.json).toEqual({
      request_id: answer.headers['x-request-id'],
      title: 'Internal Server Error',
      status: 500,
      code: 'server.failed',
      detail: "Something went wrong here; the daemon's log says what.",
    });
    expect(logged.join('\n')).toContain('a request failed');
  });
});
