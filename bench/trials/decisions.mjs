// @ts-check
import { setTimeout as delay } from 'node:timers/promises';
import { Counter } from '../load/counter.mjs';
import { SyncedFile } from '../load/fdatasync.mjs';
import { makeJob } from '../load/job.mjs';
import { percentile } from '../load/statistics.mjs';
import { openGatedFlow } from '../signalbox/gated-flows.mjs';

/** The pause between two decisions, so that nothing of the one is left for the other. */
const PAUSE_MS = 13;

/**
 * One decision at a time, each timed from the call that approves until the step that waited for it
 * is called, and beside each a synced write of 4 KiB.
 *
 * @param {{ directory: string; dist: string; samples: number }} options
 */
export async function measureDecisions({ directory, dist, samples }) {
  const called = new Counter();
  const { box, propose } = await openGatedFlow({ directory, dist, onStep: () => called.add() });
  const file = new SyncedFile(directory);
  /** @type {number[]} */
  const resumed = [];
  /** @type {number[]} */
  const synced = [];
  for (let n = 0; n < samples; n++) {
    synced.push(file.append());
    const approve = await propose(makeJob(n));
    await delay(PAUSE_MS);
    const reached = called.reaches(called.count + 1);
    const begun = performance.now();
    const approved = approve();
    await reached;
    resumed.push(performance.now() - begun);
    await approved;
  }
  file.close();
  await box.stop();
  return {
    resumed_p50_ms: percentile(resumed, 0.5),
    resumed_p99_ms: percentile(resumed, 0.99),
    fdatasync_p50_ms: percentile(synced, 0.5),
  };
}
