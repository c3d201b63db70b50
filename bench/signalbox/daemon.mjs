// @ts-check
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const READY_MS = 120_000;

/**
 * A daemon as a user starts it, in a process of its own. `hooks` is where it hears webhooks, and
 * empty where it hears none.
 *
 * @typedef {{
 *   pid: number;
 *   readyS: number;
 *   hooks: string;
 *   get: (path: string) => Promise<unknown>;
 *   postBatch: (events: readonly object[]) => Promise<unknown>;
 *   stop: () => Promise<void>;
 *   kill: () => void;
 * }} Daemon
 */

/**
 * Starts `signalbox up` on a data directory, and resolves with its ready line.
 *
 * @param {{ dist: string; config: string; data: string }} options
 * @returns {Promise<Daemon>}
 */
export async function startDaemon({ dist, config, data }) {
  const argv = [join(dist, 'cli', 'main.js'), 'up', '--config', config, '--data', data];
  const begun = performance.now();
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  /** @type {string[]} */
  const said = [];
  child.stderr.on('data', (chunk) => said.length < 20 && said.push(String(chunk)));
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  const line = await Promise.race([firstLine(child.stdout), ended, delay(READY_MS)]);
  if (typeof line !== 'string') {
    child.kill('SIGKILL');
    throw new Error(`The daemon did not become ready: ${said.join('').slice(-500)}`);
  }
  const readyS = (performance.now() - begun) / 1_000;
  /** @type {{ url: string; hooks?: string; token_file: string }} */
  const ready = JSON.parse(line);
  const authorization = `Bearer ${readFileSync(ready.token_file, 'utf8').trim()}`;
  return {
    pid: child.pid ?? 0,
    readyS,
    hooks: ready.hooks ?? '',
    kill: () => void child.kill('SIGKILL'),
    get: (path) => answerOf(fetch(`${ready.url}${path}`, { headers: { authorization } })),
    postBatch(events) {
      const headers = { authorization, 'content-type': 'application/cloudevents-batch+json' };
      const init = { method: 'POST', headers, body: JSON.stringify(events) };
      return answerOf(fetch(`${ready.url}/api/v1/events`, init));
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** @param {import('node:stream').Readable} stream */
function firstLine(stream) {
  return new Promise((resolve) => {
    createInterface({ input: stream }).once('line', resolve);
  });
}

/**
 * @param {Promise<Response>} request
 * @returns {Promise<unknown>}
 */
async function answerOf(request) {
  const response = await request;
  if (!response.ok) throw new Error(`The daemon answered ${response.status}.`);
  return response.json();
}
