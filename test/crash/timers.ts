import { expect } from 'vitest';
import type { Stats } from '../../src/views/engine-view.ts';
import { makeFolder, type RunningDaemon, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { expectSoundLog } from './siege.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

export interface TimerReport {
  readonly timers: number;
  /** Timers that had fired when the daemon was killed in the midst of them. */
  readonly firedBefore: number;
  /** From the start of the daemon that found the others overdue until it was ready. */
  readonly readyMs: number;
  /** Records that the timers cost in all, from the last that began to wait. */
  readonly records: number;
}

const READY_MS_MAX = allowedMs(10_000);
/** Records that are no timer's: of the starts, of receipts, of the catalog. */
const OTHER_RECORDS_MAX = 5;
/** How long all timers are given until they run; where that was too short, so many times more. */
const SETTLE_MS = 10_000;
const SETTLE_MS_EACH = 4;
const SLOWER = 3;

const CONFIGURATION = JSON.stringify({
  max_concurrent_handlers: 256,
  flows: {
    alarm: { on: 'alarm.set', steps: [{ id: 'rest', sleep: { until: '{payload.until}' } }] },
  },
});

/**
 * Lets `timers` runs sleep until the same moment, and kills their daemon when the first of them has
 * woken: the next one is ready soon, wakes each of the others once, none before its time, and
 * records no more than one thing for each.
 */
export async function fallDueTogether(timers: number): Promise<TimerReport> {
  const { folder, due, first, waiting } = await allAsleep(timers);
  await untilOneFires(first);
  const firedBefore = (await stats(first)).runs.succeeded;
  await first.end('SIGKILL');

  const started = performance.now();
  const second = await startDaemon(folder);
  const readyMs = Math.round(performance.now() - started);
  const client = new ApiClient(second.ready);
  const { events, runs } = await client.quiet();
  expect(runs).toMatchObject({ succeeded: timers, failed: 0 });
  const woken = (await client.runs()).map(({ ended }) => Date.parse(ended ?? ''));
  expect(woken).toHaveLength(timers);
  expect(Math.min(...woken)).toBeGreaterThanOrEqual(due);
  expect(await second.end()).toBe(0);
  await expectSoundLog(folder);
  const records = events - waiting.events;
  expect(records).toBeLessThanOrEqual(timers + OTHER_RECORDS_MAX);
  expect(readyMs).toBeLessThan(READY_MS_MAX);
  return { timers, firedBefore, readyMs, records };
}

/** All timers, none of which is due. */
interface Asleep {
  readonly folder: string;
  readonly due: number;
  readonly first: RunningDaemon;
  readonly waiting: Stats;
}

async function allAsleep(timers: number): Promise<Asleep> {
  for (let settleMs = SETTLE_MS + SETTLE_MS_EACH * timers; ; settleMs *= SLOWER) {
    const folder = makeFolder({ 'signalbox.yaml': CONFIGURATION });
    const due = Date.now() + settleMs;
    await record(folder, { timers, due });
    const first = await startDaemon(folder);
    const waiting = await untilAllWait(first, timers);
    if (Date.now() < due) return { folder, due, first, waiting };
    await first.end('SIGKILL');
  }
}

/** Sets the timers without a daemon, so that one meets all of them. */
async function record(
  folder: string,
  { timers, due }: { readonly timers: number; readonly due: number },
): Promise<void> {
  const data = { until: new Date(due).toISOString() };
  const line = JSON.stringify({ type: 'alarm.set', data });
  const input = Array.from({ length: timers }, () => line).join('\n');
  const { code, stderr } = await signalbox(folder, ['emit', '-'], { input });
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

function stats({ ready }: RunningDaemon): Promise<Stats> {
  return new ApiClient(ready).get<Stats>('/stats');
}

/** The counts when every timer runs, or has fired. */
async function untilAllWait({ ready }: RunningDaemon, timers: number): Promise<Stats> {
  const client = new ApiClient(ready);
  for (let counts = await client.statsAt(timers); ;) {
    const { queued, running, waiting, succeeded } = counts.runs;
    // Asked again, since the records are counted before the runs.
    if (waiting + succeeded === timers) return client.get<Stats>('/stats');
    // Each of those that do not wait yet will record it.
    counts = await client.statsAt(counts.events + queued + running);
  }
}

async function untilOneFires({ ready }: RunningDaemon): Promise<void> {
  for await (const { type } of new ApiClient(ready).stream('run.succeeded')) {
    if (type === 'run.succeeded') return;
  }
}
