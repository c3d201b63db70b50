import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps at most `most` connections open, and room for who really asks: where one more comes, the
 * one goes that has kept us waiting longest for its first good request, else for a further one,
 * else for the rest of its request. Where all are being answered, the new one goes.
 *
 * So any number of clients that connect and say nothing, or a byte now and then, hold nobody up,
 * and do not cut off who asked well before and will ask again. No more than half of the connections
 * are kept for those: anybody can ask well once, and who comes anew needs time to ask.
 */
export function limitConnections(server: Server, most: number): void {
  // A backstop: ours is the choice of who goes, so one more must get as far as to us.
  server.maxConnections = most + 1;
  const open = new Set<Client>();
  const clients = new WeakMap<Socket, Client>();
  let turn = 0;

  server.on('connection', (socket: Socket) => {
    const client = new Client(socket, turn++);
    clients.set(socket, client);
    open.add(client);
    socket.once('close', () => open.delete(client));
    if (open.size <= most) return;
    const leaving = longestWaiting(open, client, most / 2);
    open.delete(leaving);
    leaving.socket.destroy();
  });
  server.prependListener('request', (request: IncomingMessage, response) => {
    const client = clients.get(request.socket);
    client?.requests.add(request);
    response.once('close', () => client?.answered(request, response.statusCode, turn++));
  });
}

/** One connection, and what is asked on it. */
class Client {
  readonly socket: Socket;
  readonly requests = new Set<IncomingMessage>();
  /** The turn since which it has kept us waiting, where it does. */
  since: number;
  /** Whether a request on it was answered by other than a refusal. */
  isKnown = false;

  constructor(socket: Socket, turn: number) {
    this.socket = socket;
    this.since = turn;
  }

  answered(request: IncomingMessage, status: number, turn: number): void {
    this.requests.delete(request);
    this.isKnown ||= status < 400;
    this.since = turn;
  }
}

function longestWaiting(open: ReadonlySet<Client>, newcomer: Client, kept: number): Client {
  const others = [...open].filter((client) => client !== newcomer);
  others.sort((a, b) => a.since - b.since);
  const silent = others.filter(({ requests }) => requests.size === 0);
  const slow = others.find(({ requests }) => [...requests].some(({ complete }) => !complete));
  const known = silent.filter(({ isKnown }) => isKnown);
  const first = known.length > kept ? known[0] : silent.find(({ isKnown }) => !isKnown);
  return first ?? silent[0] ?? slow ?? newcomer;
}
