// @ts-check
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { makeJob } from './job.mjs';

/** What senders and receivers know. */
export const WEBHOOK = { path: '/hooks/bench', secret: 'wandering-otter', idHeader: 'x-delivery' };

/** Connections, each with one request at a time. */
const CONNECTIONS = 32;

/**
 * Sends signed webhooks over 32 connections, each the next when its last is answered, until the
 * time is over or the receiver is gone.
 *
 * @param {{ url: string; durationMs: number; prefix: string }} options
 * @returns {Promise<{ accepted: string[]; elapsedMs: number }>} the ids of those that got a 2xx
 */
export async function sendWebhooks({ url, durationMs, prefix }) {
  const { hostname, port } = new URL(url);
  const request = requestOf(hostname);
  /** @type {string[]} */
  const accepted = [];
  let next = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const connection = new Connection(connect(Number(port), hostname));
      while (performance.now() - begun < durationMs) {
        const id = `${prefix}-${next++}`;
        const status = await connection.ask(request(id));
        if (status === undefined) return;
        if (!status.startsWith('2')) throw new Error(`A webhook was answered by ${status}.`);
        accepted.push(id);
      }
      connection.close();
    }),
  );
  return { accepted, elapsedMs: performance.now() - begun };
}

/**
 * Requests that differ in their delivery id alone, which no signature covers.
 *
 * @param {string} host
 */
function requestOf(host) {
  const body = JSON.stringify(makeJob(7));
  const digest = createHmac('sha256', WEBHOOK.secret).update(body).digest('hex');
  const head = [
    `POST ${WEBHOOK.path} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Signature: sha256=${digest}`,
  ].join('\r\n');
  return (/** @type {string} */ id) => `${head}\r\n${WEBHOOK.idHeader}: ${id}\r\n\r\n${body}`;
}

/** A connection that costs its sender next to nothing, so that the receiver is what is measured. */
class Connection {
  #socket;
  #text = '';
  /** @type {((status: string | undefined) => void) | undefined} */
  #answered;
  #gone = false;

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.#socket = socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk) => this.#read(String(chunk)));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#gone = true;
      this.#answered?.(undefined);
    });
  }

  /**
   * The status of the answer, or undefined where none came.
   *
   * @param {string} request
   * @returns {Promise<string | undefined>}
   */
  ask(request) {
    return new Promise((resolve) => {
      if (this.#gone) return resolve(undefined);
      this.#answered = resolve;
      this.#socket.write(request);
    });
  }

  close() {
    this.#socket.destroy();
  }

  /** @param {string} chunk */
  #read(chunk) {
    this.#text += chunk;
    const head = this.#text.indexOf('\r\n\r\n');
    if (head === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#text.slice(0, head))?.[1]);
    const end = head + 4 + length;
    if (this.#text.length < end) return;
    const status = this.#text.slice(9, 12);
    this.#text = this.#text.slice(end);
    this.#answered?.(status);
  }
}
