import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps at most `most` connections open, and room for who really asks: where one more comes, the
 * one goes that has kept us waiting longest for a request, else for the rest of its request. Where
 * all are being answered, the new one goes.
 *
 * So any number of clients that connect and say nothing, or a byte now and then, hold nobody up.
 */
export function limitConnections(server: Server, most: number): void {
  // A backstop: ours is the choice of who goes, so one more must get as far as to us.
  server.maxConnections = most + 1;
  const open = new Set<Socket>();
  /** Those whose request, or the rest of it, is still to come; who waits longest comes first. */
  const asking = new Map<Socket, readonly IncomingMessage[]>();

  server.on('connection', (socket: Socket) => {
    open.add(socket);
    asking.set(socket, []);
    socket.once('close', () => forget(socket));
    if (open.size > most) letGo(longestWaiting(asking, socket));
  });
  server.prependListener('request', (request: IncomingMessage, response) => {
    const { socket } = request;
    if (!open.has(socket)) return;
    asking.set(socket, [...(asking.get(socket) ?? []), request]);
    response.once('close', () => {
      if (!open.has(socket)) return;
      const left = (asking.get(socket) ?? []).filter((other) => other !== request);
      // From now on it waits anew, behind all others.
      asking.delete(socket);
      asking.set(socket, left);
    });
  });

  function letGo(socket: Socket): void {
    forget(socket);
    socket.destroy();
  }

  function forget(socket: Socket): void {
    open.delete(socket);
    asking.delete(socket);
  }
}

function longestWaiting(
  asking: ReadonlyMap<Socket, readonly IncomingMessage[]>,
  newcomer: Socket,
): Socket {
  const others = [...asking].filter(([socket]) => socket !== newcomer);
  const silent = others.find(([, requests]) => requests.length === 0);
  const slow = others.find(([, requests]) => requests.some(({ complete }) => !complete));
  return (silent ?? slow)?.[0] ?? newcomer;
}
