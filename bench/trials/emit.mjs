// @ts-check
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { percentile } from '../load/statistics.mjs';
import { openRawLog } from '../raw/event-log.mjs';
import { openSignalboxLog } from '../signalbox/event-log.mjs';

const CONCURRENT = 256;
const WARM_UP_MS = 500;
/** One acknowledgement in so many is timed. */
const TIMED = 16;
/** `monitorEventLoopDelay` counts its own period as a delay. */
const RESOLUTION_MS = 1;

/**
 * Durable emits in a closed loop of 256 callers, and what they do to the main event loop.
 *
 * @param {{ subject: string; directory: string; dist: string; durationMs: number }} options
 */
export async function measureEmits({ subject, directory, dist, durationMs }) {
  const open = subject === 'raw' ? openRawLog : openSignalboxLog;
  const log = await open({ directory, dist });
  await emitFor(log, WARM_UP_MS);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const { count, elapsedMs, acks } = await emitFor(log, durationMs);
  delay.disable();
  await log.close();
  return {
    per_s: (count / elapsedMs) * 1_000,
    ack_p50_ms: percentile(acks, 0.5),
    ack_p99_ms: percentile(acks, 0.99),
    loop_p99_ms: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
  };
}

/**
 * @param {{ emit(n: number): Promise<void> }} log
 * @param {number} durationMs
 */
async function emitFor(log, durationMs) {
  /** @type {number[]} */
  const acks = [];
  let count = 0;
  const begun = performance.now();
  const call = async () => {
    while (performance.now() - begun < durationMs) {
      const asked = performance.now();
      await log.emit(count);
      count += 1;
      if (count % TIMED === 0) acks.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, call));
  return { count, elapsedMs: performance.now() - begun, acks };
}
