import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A connection that says exactly what it is told to. */
export interface RawSocket {
  /** Resolves when the other side has taken it, or has hung up. */
  send(bytes: string | Buffer): Promise<void>;
  /** All that was received, once the other side hangs up. */
  readonly received: Promise<string>;
  isOpen(): boolean;
}

export async function openSocket({
  server,
}: {
  readonly server: { readonly url: string };
}): Promise<RawSocket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  const received = new Promise<string>((resolve) => {
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
  await new Promise((resolve) => {
    socket.on('connect', resolve);
  });
  return { send: (bytes) => write(socket, bytes), received, isOpen: () => !socket.destroyed };
}

function write(socket: Socket, bytes: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.once('close', resolve);
    socket.write(bytes, () => {
      socket.off('close', resolve);
      resolve();
    });
  });
}
