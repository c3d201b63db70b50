import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const SOCKET = '.s.PGSQL.5432';

/** Stands between a client and the server, as a network that can fail does. */
export interface Proxy {
  /** The URL of the same database by way of the proxy. */
  readonly url: string;
  /** From now on requests arrive, and no answer comes back. */
  swallowAnswers(): void;
  /** New connections are whole again; those that are open stay half open. */
  answerAgain(): void;
  /** Cuts all connections; new ones are whole again. */
  cut(): void;
  /** Cuts all connections and takes no more. */
  close(): void;
}

/** Puts a proxy before the server of `url` until the test is over. */
export async function startProxy(url: string): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), 'sbpx-'));
  const host = new URL(url.replace('@/', '@host/')).searchParams.get('host') ?? '';
  const sockets = new Set<Socket>();
  let swallowing = false;
  let halfOpen = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(join(host, SOCKET));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => {
      if (!swallowing && !halfOpen.has(client)) client.write(bytes);
    });
  });
  const cut = (): void => {
    swallowing = false;
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => {
    server.listen(join(folder, SOCKET), resolve);
  });
  onTestFinished(async () => {
    cut();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    url: url.replace(/host=.*/, `host=${encodeURIComponent(folder)}`),
    swallowAnswers() {
      swallowing = true;
    },
    answerAgain() {
      halfOpen = new Set(sockets);
      swallowing = false;
    },
    cut,
    close() {
      server.close();
      cut();
    },
  };
}
