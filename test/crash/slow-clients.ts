import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { makeFolder, type Ready, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { percentile } from './latency.ts';

/** How many clients do what no client should. */
export interface Crowd {
  /** Send a byte of their request now and then, and never all of it. */
  readonly slow: number;
  /** Ask for the live stream and read nothing of it. */
  readonly stalled: number;
  /** How many honest requests are made meanwhile. */
  readonly requests: number;
}

/** How long honest requests took, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

export interface CrowdReport {
  /** Before the crowd came. */
  readonly calm: Latency;
  readonly besieged: Latency;
  /** How many of the crowd were turned away, or made room. */
  readonly gone: number;
  readonly rssMiB: number;
}

const SLOW_HEAD = 'GET /api/v1/status HTTP/1.1\r\nHost: local';
/** What lies in the log before: more than the buffers of a connection hold. */
const EVENTS = 40;
const LARGE = 'x'.repeat(200_000);

/** Has a crowd besiege a daemon, in which who was hung up on comes again, and measures others. */
export async function besiege({ slow, stalled, requests }: Crowd): Promise<CrowdReport> {
  const folder = makeFolder({ 'signalbox.yaml': 'flows: {}' });
  const daemon = await startDaemon(folder);
  const { ready } = daemon;
  const client = new ApiClient(ready);
  for (let n = 0; n < EVENTS; n++) await client.emit({ type: 'parcel.sent', data: LARGE });
  const calm = await measure(client, requests, () => Promise.resolve());
  const crowd = new Besiegers(ready);
  for (let n = 0; n < stalled; n++) await crowd.join(streamHead(ready), 'reads nothing');
  for (let n = 0; n < slow; n++) await crowd.join(SLOW_HEAD, 'never ends');
  const besieged = await measure(client, requests, () => crowd.trickle());
  const status = readFileSync(`/proc/${ready.pid}/status`, 'utf8');
  const rssMiB = Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024);
  const code = await daemon.end();
  if (code !== 0) throw new Error(`the daemon ended with ${code}`);
  return { calm, besieged, gone: crowd.gone, rssMiB };
}

/** Records and asks, again and again, with something done before each time. */
async function measure(
  client: ApiClient,
  requests: number,
  before: () => Promise<void>,
): Promise<Latency> {
  const took: number[] = [];
  for (let n = 0; n < requests; n++) {
    await before();
    const begun = performance.now();
    await client.emit({ type: 'work.asked' });
    await client.get('/status');
    took.push((performance.now() - begun) / 2);
  }
  const [p50 = 0, p99 = 0] = [0.5, 0.99].map((share) => Math.round(percentile(took, share)));
  return { p50, p99 };
}

function streamHead({ token_file: file }: Ready): string {
  const token = readFileSync(file, 'utf8').trim();
  const lines = ['GET /api/v1/stream?after=0 HTTP/1.1', 'Host: localhost'];
  return `${[...lines, `Authorization: Bearer ${token}`].join('\r\n')}\r\n\r\n`;
}

type Habit = 'never ends' | 'reads nothing';

/** Clients that come again when they are hung up on. */
class Besiegers {
  gone = 0;
  #away: (() => Promise<void>)[] = [];
  readonly #url: URL;
  readonly #sockets = new Map<Socket, Habit>();

  constructor({ url }: Ready) {
    this.#url = new URL(url);
    onTestFinished(() => {
      for (const socket of this.#sockets.keys()) socket.destroy();
    });
  }

  /** Resolves when it is connected, or was turned away at once. */
  async join(head: string, habit: Habit): Promise<void> {
    const socket = connect(Number(this.#url.port), this.#url.hostname);
    this.#sockets.set(socket, habit);
    // What is not read fills the buffers between us until the other side has to wait.
    socket.pause();
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.gone++;
      this.#away.push(() => this.join(head, habit));
    });
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
    socket.write(head);
  }

  /** A further byte of each whose request never ends; and whoever is away comes again. */
  async trickle(): Promise<void> {
    for (const [socket, habit] of this.#sockets) if (habit === 'never ends') socket.write('a');
    await Promise.all(this.#away.splice(0).map((again) => again()));
  }
}
