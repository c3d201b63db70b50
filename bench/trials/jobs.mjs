// @ts-check
import { setTimeout as delay } from 'node:timers/promises';
import { Counter } from '../load/counter.mjs';
import { measureLatency } from '../load/latency.mjs';
import { bulkThroughput, singleThroughput } from '../load/throughput.mjs';
import { openSubject } from '../subjects.mjs';

/** How long a subject may do its first work in peace. */
const SETTLE_MS = 1_000;

/**
 * Jobs of one handler: the latency at low load, and what 64 producers get done that hand in one job
 * at a time, and one caller that hands in 500 at once.
 *
 * @param {{
 *   subject: import('../subjects.mjs').SubjectName;
 *   directory: string;
 *   dist: string;
 *   samples: number;
 *   jobs: number;
 *   bulkJobs: number;
 * }} options
 *   where `samples` or `bulkJobs` is 0, that part is left out
 */
export async function measureJobs({ subject: name, directory, dist, samples, jobs, bulkJobs }) {
  const [started, done] = [new Counter(), new Counter()];
  const subject = await openSubject(name, {
    directory,
    dist,
    steps: 0,
    onStart: () => started.add(),
    onDone: () => done.add(),
  });
  await delay(SETTLE_MS);
  const latency =
    samples === 0
      ? {}
      : await measureLatency(subject, { directory, samples, until: started, done });
  await singleThroughput(subject, { total: Math.ceil(jobs / 4), done });
  const single = await singleThroughput(subject, { total: jobs, done });
  const bulk =
    bulkJobs === 0 ? undefined : await bulkThroughput(subject, { total: bulkJobs, done });
  await subject.close();
  return { ...latency, single_per_s: single, ...(bulk === undefined ? {} : { bulk_per_s: bulk }) };
}
