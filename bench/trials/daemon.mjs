// @ts-check
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { residentMib } from '../load/disk-usage.mjs';
import { makeJob } from '../load/job.mjs';
import { startDaemon } from '../signalbox/daemon.mjs';
import { writeConfiguration } from '../signalbox/engine.mjs';
import { GROWN_FLOWS } from '../signalbox/grown-log.mjs';

/** @import {Daemon} from '../signalbox/daemon.mjs' */

const BATCH_LENGTH = 500;
const CONNECTIONS = 4;
/** How long a daemon is left alone before its memory is looked at. */
const IDLE_MS = 3_000;

/**
 * The daemon as a user starts it: when it is ready, what it holds while idle, and what it holds
 * after events came in over HTTP that each started a run, and after as many again.
 *
 * @param {{ directory: string; dist: string; events: number }} options
 */
export async function measureDaemon({ directory, dist, events }) {
  const config = writeConfiguration(join(directory, 'config'), GROWN_FLOWS);
  const daemon = await startDaemon({ dist, config, data: join(directory, 'data') });
  const memory = events === 0 ? {} : await measureMemory(daemon, events);
  await daemon.stop();
  return { ready_s: daemon.readyS, ...memory };
}

/**
 * @param {Daemon} daemon
 * @param {number} events
 */
async function measureMemory(daemon, events) {
  const idle = await idleMib(daemon);
  await post(daemon, events);
  const after = await idleMib(daemon);
  await post(daemon, events);
  return { idle_mib: idle, after_mib: after, after_twice_mib: await idleMib(daemon) };
}

/** @param {Daemon} daemon */
async function idleMib({ pid }) {
  await delay(IDLE_MS);
  return residentMib(pid);
}

/**
 * @param {Daemon} daemon
 * @param {number} events
 */
async function post(daemon, events) {
  const before = await countSucceeded(daemon);
  let sent = 0;
  const call = async () => {
    while (sent < events) {
      const first = sent;
      sent += BATCH_LENGTH;
      const batch = Array.from({ length: BATCH_LENGTH }, (_, i) => eventOf(first + i));
      await daemon.postBatch(batch);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, call));
  while ((await countSucceeded(daemon)) - before < sent) await delay(50);
}

/** @param {number} n */
function eventOf(n) {
  const id = `${process.pid}-${performance.now()}-${n}`;
  return { specversion: '1.0', type: 'job.requested', source: 'bench', id, data: makeJob(n) };
}

/** @param {Daemon} daemon */
async function countSucceeded(daemon) {
  const stats = /** @type {{ runs: { succeeded: number } }} */ (await daemon.get('/api/v1/stats'));
  return stats.runs.succeeded;
}
