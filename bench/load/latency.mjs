// @ts-check
import { setTimeout as delay } from 'node:timers/promises';
import { SyncedFile } from './fdatasync.mjs';
import { makeJob } from './job.mjs';
import { percentile } from './statistics.mjs';

/** @import {Counter} from './counter.mjs' */
/** @import {Subject} from '../subjects.mjs' */

/** The pause between two jobs at low load, so that nothing of the one is left for the other. */
const PAUSE_MS = 13;

/**
 * One job at a time, each timed from the call until `until` counts it, and beside each a synced
 * write of 4 KiB, for what the disk takes meanwhile.
 *
 * @param {Subject} subject
 * @param {{ directory: string; samples: number; until: Counter; done: Counter }} options
 */
export async function measureLatency(subject, { directory, samples, until, done }) {
  const file = new SyncedFile(directory);
  const figures = {
    latency: /** @type {number[]} */ ([]),
    accept: /** @type {number[]} */ ([]),
    sync: /** @type {number[]} */ ([]),
  };
  for (let n = 0; n < samples; n++) {
    figures.sync.push(file.append());
    const reached = until.reaches(until.count + 1);
    const ended = done.reaches(done.count + 1);
    const begun = performance.now();
    const since = () => performance.now() - begun;
    const accepted = subject.accept(makeJob(n)).then(() => figures.accept.push(since()));
    await reached;
    figures.latency.push(since());
    await Promise.all([accepted, ended]);
    await delay(PAUSE_MS);
  }
  file.close();
  return {
    latency_p50_ms: percentile(figures.latency, 0.5),
    latency_p99_ms: percentile(figures.latency, 0.99),
    accept_p50_ms: percentile(figures.accept, 0.5),
    fdatasync_p50_ms: percentile(figures.sync, 0.5),
  };
}
