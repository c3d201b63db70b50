import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import { makeFolder, type Ready, startDaemon } from '../cli/signalbox.ts';
import { ApiClient, type Emitted } from './api-client.ts';
import { expectSoundLog } from './siege.ts';

/** Clients that send and hang up at once. */
const CLIENTS = 16;

/** What became of all that was delivered more than once. */
export interface RedeliveryReport {
  readonly deliveries: number;
  /** Whose first try was recorded although its client never read so. */
  readonly recordedUnread: number;
}

/** A folder whose only flow answers what these tests deliver. */
export function deliveryFolder(): string {
  const flows = { note: { on: 'parcel.sent', steps: [{ emit: 'parcel.noted' }] } };
  return makeFolder({ 'signalbox.yaml': JSON.stringify({ flows }) });
}

/**
 * Sends each of `count` events by a client that hangs up before it has read the answer, some in the
 * middle of what they send, and then once more by one that reads: each is recorded once, and has
 * one run.
 */
export async function expectOnceWhereNobodyReads(
  count: number,
  seed: number,
): Promise<RedeliveryReport> {
  const folder = deliveryFolder();
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const random = seededRandom(seed);
  let next = 0;
  let recordedUnread = 0;
  const senders = Array.from({ length: CLIENTS }, async () => {
    while (next < count) {
      const event = { type: 'parcel.sent', id: `parcel-${next++}`, data: { weight: 1 } };
      await sendAndHangUp(daemon.ready, event, random());
      const answer = await client.emit(event);
      if (answer?.duplicate === true) recordedUnread++;
    }
  });
  await Promise.all(senders);

  const { runs, dispositions } = await client.quiet();
  expect({ ...runs, started: dispositions.started }).toMatchObject({
    succeeded: count,
    failed: 0,
    started: count,
  });
  const parcels = await client.events('parcel.sent');
  expect(parcels).toHaveLength(count);
  expect(new Set(parcels.map(({ id }) => id)).size).toBe(count);
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
  return { deliveries: 2 * count, recordedUnread };
}

/** Sends all of a request, or a part of it, and cuts the connection without reading. */
async function sendAndHangUp(ready: Ready, event: object, chance: number): Promise<void> {
  const { hostname, port } = new URL(ready.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  const request = requestFor(ready, JSON.stringify(event));
  // Half of them send everything; the others stop somewhere on the way.
  const sent = chance < 0.5 ? request : request.slice(0, Math.floor(request.length * chance));
  await write(socket, sent);
  const closed = once(socket, 'close');
  if ((chance * 100) % 2 < 1) socket.resetAndDestroy();
  else socket.destroy();
  await closed;
}

function requestFor({ url, token_file: file }: Ready, body: string): string {
  const lines = [
    'POST /api/v1/events HTTP/1.1',
    `Host: ${new URL(url).host}`,
    `Authorization: Bearer ${readFileSync(file, 'utf8').trim()}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function write(socket: Socket, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });
}

/**
 * Sends one event with one id `count` times at once to each of `daemons` daemons that follow each
 * other, all but the last of which are killed as soon as they have answered once: it is recorded
 * once, and has one run.
 */
export async function expectOnceForOneId(count: number, daemons: number): Promise<void> {
  const folder = deliveryFolder();
  const event = { type: 'parcel.sent', id: 'the-same', data: { weight: 1 } };
  const answers: Emitted[] = [];
  for (let nth = 1; nth <= daemons; nth++) {
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    const sent = Array.from({ length: count }, () => client.emit(event));
    await Promise.race(sent);
    if (nth < daemons) await daemon.end('SIGKILL');
    answers.push(...(await Promise.all(sent)));
    if (nth === daemons) await expectOneRun(client);
  }
  const read = answers.filter((answer) => answer !== undefined);
  expect(read.length).toBeGreaterThanOrEqual(count + daemons - 1);
  expect(new Set(read.map(({ seq }) => seq)).size).toBe(1);
  expect(read.filter(({ duplicate }) => !duplicate).length).toBeLessThanOrEqual(1);
}

async function expectOneRun(client: ApiClient): Promise<void> {
  const { runs } = await client.quiet();
  expect(runs).toMatchObject({ succeeded: 1, failed: 0 });
  expect(await client.runs()).toHaveLength(1);
  expect(await client.events('parcel.*')).toMatchObject([
    { id: 'the-same' },
    { type: 'parcel.noted' },
  ]);
}
