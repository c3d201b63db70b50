// @ts-check
import { Counter } from '../load/counter.mjs';
import { bulkThroughput } from '../load/throughput.mjs';
import {
  gatherEvents,
  makeWaitingRuns,
  openLimitedFlows,
  openPatterns,
} from '../signalbox/limited-flows.mjs';

/**
 * One-step runs in bulk, with what may limit them, and beside so many open windows, those of
 * patterns over time, and runs that wait.
 *
 * @param {{
 *   directory: string;
 *   dist: string;
 *   limit: import('../signalbox/limited-flows.mjs').Limit;
 *   windows: number;
 *   patterns: number;
 *   waiting: number;
 *   jobs: number;
 * }} options
 */
export async function measureLimits({ directory, dist, limit, windows, patterns, waiting, jobs }) {
  const done = new Counter();
  const onDone = () => done.add();
  const { box, subject } = await openLimitedFlows({ directory, dist, limit, onDone });
  await gatherEvents(box, { events: windows, keys: windows });
  await openPatterns(box, patterns);
  await makeWaitingRuns(box, waiting);
  await bulkThroughput(subject, { total: Math.ceil(jobs / 4), done });
  const perSecond = await bulkThroughput(subject, { total: jobs, done });
  await subject.close();
  return { per_s: perSecond };
}
