import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { limitConnections } from '../../../src/std/http/connections.ts';
import { until } from '../../fixtures/until.ts';

const ASK = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
/** A request whose body never comes to its end. */
const SLOW = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx';

interface Limited {
  readonly server: Server;
  /** The answers that are still to be given, the oldest first. */
  readonly waiting: ServerResponse[];
  readonly open: () => Promise<Client>;
}

interface Client {
  readonly socket: Socket;
  readonly said: () => string;
  readonly closed: Promise<'gone'>;
  /** Sends it, and resolves when the server has it as a request. */
  readonly ask: (text: string) => Promise<void>;
}

/** A server with a limit, which answers when the test does. */
async function limited(most: number): Promise<Limited> {
  const waiting: ServerResponse[] = [];
  const server = createServer((_, response) => void waiting.push(response));
  limitConnections(server, most);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, waiting, open: () => openClient(server) };
}

async function openClient(server: Server): Promise<Client> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += String(chunk)));
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(() => 'gone' as const);
  await once(server, 'connection');
  const ask = async (text: string): Promise<void> => {
    const asked = once(server, 'request');
    socket.write(text);
    await asked;
  };
  return { socket, said: () => said, closed, ask };
}

async function answer(response: ServerResponse | undefined, status = 200): Promise<void> {
  response?.writeHead(status).end('done');
  if (response !== undefined) await once(response, 'close');
}

describe('where one connection too many comes', () => {
  test('the one goes that has said nothing for longest', async () => {
    const { open } = await limited(2);
    const [first, second] = [await open(), await open()];
    await open();
    expect(await first.closed).toBe('gone');
    await open();
    expect(await second.closed).toBe('gone');
  });

  test('one that is being answered stays, and so do all that said more', async () => {
    const { open, waiting } = await limited(2);
    const busy = await open();
    await busy.ask(ASK);
    const silent = await open();
    const third = await open();
    expect(await silent.closed).toBe('gone');
    await third.ask(ASK);
    const refused = await open();
    expect(await refused.closed).toBe('gone');
    for (const response of waiting) await answer(response);
    await until(() => [busy, third].every((client) => client.said().includes('done')));
  });

  test('one whose request does not come to its end goes before the new one', async () => {
    const { open } = await limited(2);
    const [busy, slow] = [await open(), await open()];
    await busy.ask(ASK);
    await slow.ask(SLOW);
    const third = await open();
    expect(await slow.closed).toBe('gone');
    await third.ask(ASK);
  });

  test('one that had its answer waits anew, behind those that wait already', async () => {
    const { open, waiting } = await limited(2);
    const answered = await open();
    await answered.ask(ASK);
    const silent = await open();
    await answer(waiting.shift());
    const known = await open();
    expect(await silent.closed).toBe('gone');
    await known.ask(ASK);
    await answer(waiting.shift());
    await open();
    expect(await answered.closed).toBe('gone');
  });

  test('one that asked well before stays where others never did, or were refused', async () => {
    const { open, waiting } = await limited(2);
    const known = await open();
    await known.ask(ASK);
    await answer(waiting.shift());
    const refused = await open();
    await refused.ask(ASK);
    await answer(waiting.shift(), 401);
    const silent = await open();
    expect(await refused.closed).toBe('gone');
    await open();
    expect(await silent.closed).toBe('gone');
    await known.ask(ASK);
  });

  test('those that asked well before keep half of the room, and no more', async () => {
    const { open, waiting } = await limited(4);
    const known = [await open(), await open(), await open()];
    for (const client of known) {
      await client.ask(ASK);
      await answer(waiting.shift());
    }
    const newcomer = await open();
    await open();
    expect(await known[0]?.closed).toBe('gone');
    await newcomer.ask(ASK);
  });

  test('one of several requests in a row is not over with the first answer', async () => {
    const { open, waiting } = await limited(1);
    const client = await open();
    await client.ask(ASK);
    await client.ask(ASK);
    await answer(waiting.shift());
    const refused = await open();
    expect(await refused.closed).toBe('gone');
    await answer(waiting.shift());
    await open();
    expect(await client.closed).toBe('gone');
  });

  test('one that leaves makes room, also in the midst of its request', async () => {
    const { open, waiting, server } = await limited(1);
    const client = await open();
    await client.ask(ASK);
    const left = once(waiting[0] ?? server, 'close');
    client.socket.destroy();
    await left;
    await (await open()).ask(ASK);
    expect(waiting).toHaveLength(2);
  });
});
