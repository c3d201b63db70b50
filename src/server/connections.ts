import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Connections that are let in beyond the limit, for as long as it takes to make room for them. */
const SPARE = 16;

/**
 * Keeps a server to so many connections. One too many takes the place of the one that waits longest
 * without a request: who sends a header byte by byte, or nothing, keeps nobody out. Where every
 * connection has a request under way, the newcomer is let go.
 */
export function keepRoom(server: Server, connectionsMax: number): void {
  server.maxConnections = connectionsMax + SPARE;
  const open = new Set<Socket>();
  /** Those without a request under way, the one that waits longest first. */
  const waiting = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (open.size >= connectionsMax) {
      const [longest] = waiting;
      (longest ?? socket).destroy();
      if (longest === undefined) return;
      forget(longest);
    }
    open.add(socket);
    waiting.add(socket);
    socket.once('close', () => forget(socket));
  });
  server.on('request', ({ socket }, response) => {
    waiting.delete(socket);
    response.once('close', () => {
      if (open.has(socket)) waiting.add(socket);
    });
  });

  function forget(socket: Socket): void {
    open.delete(socket);
    waiting.delete(socket);
  }
}
