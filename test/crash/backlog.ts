import { createServer } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { listen } from '../fixtures/http-target.ts';
import { ApiClient } from './api-client.ts';
import { expectSoundLog } from './siege.ts';

export interface BacklogReport {
  readonly runs: number;
  /** From the start of the daemon that found them until it was ready. */
  readonly readyMs: number;
  /** The most calls that were under way at once. */
  readonly atOnceMax: number;
  readonly perSecond: number;
}

const SLOTS = 32;
const READY_MS_MAX = 10_000;

/**
 * Lets `runs` runs stand in the queue of a daemon that is killed: the next one is ready soon, never
 * does more of them at once than it may, and ends them all.
 */
export async function workOff(runs: number): Promise<BacklogReport> {
  const target = await startCounter();
  const folder = makeFolder({ 'signalbox.yaml': configuration(target.port) });
  await queueUp(folder, runs);

  target.open();
  const started = performance.now();
  const daemon = await startDaemon(folder);
  const readyMs = performance.now() - started;
  expect(readyMs).toBeLessThan(READY_MS_MAX);
  const client = new ApiClient(daemon.ready);
  const stats = await client.quiet();
  const perSecond = Math.round((runs * 1_000) / (performance.now() - started));
  expect(stats.runs).toMatchObject({ succeeded: runs, failed: 0 });
  expect(target.atOnceMax()).toBeLessThanOrEqual(SLOTS);
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
  return { runs, readyMs: Math.round(readyMs), atOnceMax: target.atOnceMax(), perSecond };
}

function configuration(port: number): string {
  const work = { id: 'work', http: { url: `http://127.0.0.1:${port}` }, timeout: '10m' };
  return JSON.stringify({
    max_concurrent_handlers: SLOTS,
    security: { http_allow: [`127.0.0.1:${port}`] },
    flows: { work: { on: 'work.asked', steps: [work] } },
  });
}

/** Records events without a daemon, and lets one queue all that it cannot begin. */
async function queueUp(folder: string, runs: number): Promise<void> {
  const lines = Array.from({ length: runs }, (_, n) =>
    JSON.stringify({ type: 'work.asked', data: n }),
  );
  const { code, stderr } = await signalbox(folder, ['emit', '-'], { input: lines.join('\n') });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const stats = await client.statsAt(runs);
  expect(stats.runs).toMatchObject({ queued: runs - SLOTS, running: SLOTS });
  await daemon.end('SIGKILL');
}

/** A target that answers nobody until it is opened, and counts who waits. */
interface Counter {
  readonly port: number;
  open(): void;
  /** The most calls that were under way at once since it was opened. */
  atOnceMax(): number;
}

async function startCounter(): Promise<Counter> {
  let isOpen = false;
  let atOnce = 0;
  let atOnceMax = 0;
  const server = createServer((_request, response) => {
    if (!isOpen) return;
    atOnceMax = Math.max(atOnceMax, ++atOnce);
    // So that those who came together are seen together.
    setImmediate(() => {
      atOnce--;
      response.end();
    });
  });
  const { port } = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const open = (): void => {
    isOpen = true;
  };
  return { port, open, atOnceMax: () => atOnceMax };
}
