import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Pool } from 'undici';
import { expect, onTestFinished } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import { makeFolder, type Ready, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { expectSoundLog } from './siege.ts';

const SECRET = 'wandering-otter';
/** Senders that deliver at once. */
const SENDERS = 32;
/** How many webhooks a daemon may accept before it is killed, beyond the first few. */
const ACCEPTED_A_LIFE = 200;
const PATH = '/hooks/parcels';

/** A folder with a webhook source, whose handler answers each delivery. */
export function webhookFolder(): string {
  const source = { type: 'webhook', path: PATH, secret: SECRET, id_header: 'X-Delivery' };
  return makeFolder({
    'signalbox.yaml': JSON.stringify({
      webhook_port: 0,
      max_concurrent_handlers: 64,
      sources: [{ ...source, handler: 'note' }],
      handlers: { note: { steps: [{ emit: 'parcel.noted' }] } },
    }),
  });
}

/** Somebody who signs, sends, and sends again what was not acknowledged. */
class Sender {
  readonly #pool: Pool;

  constructor({ hooks }: Ready) {
    this.#pool = new Pool(new URL(hooks ?? '').origin, { connections: SENDERS });
    onTestFinished(() => this.#pool.destroy());
  }

  /** The status, or undefined where the daemon died before it answered. */
  async deliver(id: string): Promise<number | undefined> {
    const { headers, body } = delivery(id);
    const asked = { method: 'POST', path: PATH, headers, body } as const;
    try {
      const answer = await this.#pool.request(asked);
      await answer.body.dump();
      return answer.statusCode;
    } catch {
      return undefined;
    }
  }
}

function delivery(id: string): { readonly headers: Record<string, string>; readonly body: string } {
  const body = JSON.stringify({ parcel: id, note: 'x'.repeat(400) });
  const digest = createHmac('sha256', SECRET).update(body).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-signature': `sha256=${digest}`,
    'x-delivery': id,
  };
  return { headers, body };
}

/** What became of deliveries to daemons that were killed. */
export interface WebhookReport {
  readonly accepted: number;
  readonly lost: number;
  readonly kills: number;
}

/**
 * Kills daemons with SIGKILL while 32 senders deliver, each when it has accepted up to 250
 * webhooks; a last one lives, and has every webhook that any of them accepted, each with one run.
 */
export async function killUnderWebhooks(kills: number, seed: number): Promise<WebhookReport> {
  const folder = webhookFolder();
  const random = seededRandom(seed);
  const accepted = new Set<string>();
  let next = 0;
  let enough = 0;
  for (let kill = 0; kill < kills; kill++) {
    const { ready, child } = await startDaemon(folder);
    const sender = new Sender(ready);
    enough = accepted.size + 50 + Math.floor(random() * ACCEPTED_A_LIFE);
    const deliver = async (): Promise<void> => {
      for (;;) {
        const id = `parcel-${next++}`;
        const status = await sender.deliver(id);
        if (status === undefined) return;
        expect([200, 202]).toContain(status);
        accepted.add(id);
        if (accepted.size >= enough) child.kill('SIGKILL');
      }
    };
    const delivering = Array.from({ length: SENDERS }, deliver);
    await Promise.all([once(child, 'exit'), ...delivering]);
  }
  const lost = await expectOneRunEach(folder, accepted);
  return { accepted: accepted.size, lost, kills };
}

/** How many of these deliveries the log does not hold. */
async function expectOneRunEach(folder: string, accepted: ReadonlySet<string>): Promise<number> {
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const { runs } = await client.quiet();
  const events = await client.events('webhook.received');
  const ids = new Set(events.map(({ id }) => id));
  expect(ids.size, 'a delivery was recorded twice').toBe(events.length);
  expect(runs).toMatchObject({ succeeded: events.length, failed: 0 });
  expect(await client.events('parcel.noted')).toHaveLength(events.length);
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
  return [...accepted].filter((id) => !ids.has(id)).length;
}

/** Delivers one id so often at once to each of some daemons, one after the other on one log. */
export async function expectOneRunForOneDelivery(times: number, daemons: number): Promise<void> {
  const folder = webhookFolder();
  const counts = new Map<number | undefined, number>();
  for (let n = 0; n < daemons; n++) {
    const daemon = await startDaemon(folder);
    const sender = new Sender(daemon.ready);
    const answers = await Promise.all(
      Array.from({ length: times }, () => sender.deliver('parcel-7')),
    );
    for (const status of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
    expect(await daemon.end('SIGKILL')).toBeNull();
  }
  expect(Object.fromEntries(counts)).toEqual({ 202: 1, 200: times * daemons - 1 });
  expect(await expectOneRunEach(folder, new Set(['parcel-7']))).toBe(0);
}

/** Delivers each id by one who hangs up at once, somewhere on the way, and once more by another. */
export async function expectOnceWhereNobodyReads(count: number, seed: number): Promise<void> {
  const folder = webhookFolder();
  const daemon = await startDaemon(folder);
  const sender = new Sender(daemon.ready);
  const random = seededRandom(seed);
  const counts = { 200: 0, 202: 0 };
  for (let n = 0; n < count; n++) {
    await sendAndHangUp(daemon.ready, `parcel-${n}`, random());
    const status = await sender.deliver(`parcel-${n}`);
    if (status === 200 || status === 202) counts[status]++;
  }
  expect(counts[200] + counts[202]).toBe(count);
  // Else all of them were cut too early to prove anything.
  expect(counts[200]).toBeGreaterThan(0);
  expect(await daemon.end()).toBe(0);
  const ids = Array.from({ length: count }, (_, n) => `parcel-${n}`);
  expect(await expectOneRunEach(folder, new Set(ids))).toBe(0);
}

async function sendAndHangUp({ hooks = '' }: Ready, id: string, chance: number): Promise<void> {
  const { hostname, port } = new URL(hooks);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  const { headers, body } = delivery(id);
  const all = { host: 'localhost', 'content-length': String(body.length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const request = `POST ${PATH} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
  // Half of them send everything; the others stop somewhere on the way.
  const sent = chance < 0.5 ? request : request.slice(0, Math.floor(request.length * chance));
  await new Promise((resolve) => {
    socket.write(sent, resolve);
  });
  socket.destroy();
}
