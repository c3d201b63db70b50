import { createServer } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { listen } from '../fixtures/http-target.ts';
import { ApiClient } from './api-client.ts';
import { expectSoundLog } from './siege.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';
import { until } from '../server/until.ts';

export interface BacklogReport {
  readonly runs: number;
  /** From the start of the daemon that found them until it was ready. */
  readonly readyMs: number;
  /** The most calls that were under way at once, in all and of one key. */
  readonly atOnceMax: number;
  readonly atOnceMaxOfKey: number;
  readonly perSecond: number;
}

const SLOTS = 32;
/** Keys that the runs are spread over, and how many of one may be under way at once. */
const KEYS = 20;
const LIMIT = 2;
const READY_MS_MAX = allowedMs(10_000);

/**
 * Lets `runs` runs stand in the queue of a daemon that is killed: the next one is ready soon, never
 * does more of them at once than it may, nor more of one key than their flow says, and ends them
 * all.
 */
export async function workOff(runs: number): Promise<BacklogReport> {
  const target = await startCounter();
  const folder = makeFolder({ 'signalbox.yaml': configuration(target.port) });
  await queueUp(folder, runs, () => target.received());

  target.open();
  const started = performance.now();
  const daemon = await startDaemon(folder);
  const readyMs = performance.now() - started;
  expect(readyMs).toBeLessThan(READY_MS_MAX);
  const client = new ApiClient(daemon.ready);
  const stats = await client.quiet();
  const perSecond = Math.round((runs * 1_000) / (performance.now() - started));
  expect(stats.runs).toMatchObject({ succeeded: runs, failed: 0 });
  const [atOnceMax, atOnceMaxOfKey] = [target.atOnceMax(), target.atOnceMaxOfKey()];
  expect(atOnceMax).toBeLessThanOrEqual(SLOTS);
  expect(atOnceMaxOfKey).toBeLessThanOrEqual(LIMIT);
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
  return { runs, readyMs: Math.round(readyMs), atOnceMax, atOnceMaxOfKey, perSecond };
}

function configuration(port: number): string {
  const http = { url: `http://127.0.0.1:${port}/{payload.key}` };
  const work = { id: 'work', http, timeout: '10m' };
  const concurrency = { key: 'event.data.key', limit: LIMIT };
  return JSON.stringify({
    max_concurrent_handlers: SLOTS,
    security: { http_allow: [`127.0.0.1:${port}`] },
    flows: { work: { on: 'work.asked', concurrency, steps: [work] } },
  });
}

/** Records events without a daemon, and lets one queue all that it cannot begin. */
async function queueUp(folder: string, runs: number, received: () => number): Promise<void> {
  const lines = Array.from({ length: runs }, (_, n) =>
    JSON.stringify({ type: 'work.asked', data: { key: `key-${n % KEYS}` } }),
  );
  const { code, stderr } = await signalbox(folder, ['emit', '-'], { input: lines.join('\n') });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const daemon = await startDaemon(folder);
  const client = new ApiClient(daemon.ready);
  const stats = await client.statsAt(runs);
  expect(stats.runs).toMatchObject({ queued: runs - SLOTS, running: SLOTS });
  // What comes of this life later than its end would be taken for the next one's.
  await until(() => (received() >= SLOTS ? true : undefined));
  await daemon.end('SIGKILL');
}

/** A target that answers nobody until it is opened, and counts who waits. */
interface Counter {
  readonly port: number;
  open(): void;
  /** How many calls have come. */
  received(): number;
  /** The most calls that were under way at once since it was opened. */
  atOnceMax(): number;
  /** The same of those with one path. */
  atOnceMaxOfKey(): number;
}

async function startCounter(): Promise<Counter> {
  let isOpen = false;
  let received = 0;
  const [all, byKey] = [new AtOnce(), new AtOnce()];
  const server = createServer(({ url: key = '' }, response) => {
    received++;
    if (!isOpen) return;
    all.enter('');
    byKey.enter(key);
    // So that those who came together are seen together.
    setImmediate(() => {
      all.leave('');
      byKey.leave(key);
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
  return {
    port,
    open,
    received: () => received,
    atOnceMax: () => all.max,
    atOnceMaxOfKey: () => byKey.max,
  };
}

/** Counts what is under way at once under each key. */
class AtOnce {
  max = 0;
  readonly #counts = new Map<string, number>();

  enter(key: string): void {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    this.max = Math.max(this.max, count);
  }

  leave(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) - 1);
  }
}
