// @ts-check
import { setTimeout as delay } from 'node:timers/promises';
import { Counter } from '../load/counter.mjs';
import { measureLatency } from '../load/latency.mjs';
import { singleThroughput } from '../load/throughput.mjs';
import { openSubject } from '../subjects.mjs';

const STEPS = 3;
/** Flows that may be under way at once: all of the peers work best with so many. */
const OPEN_MAX = 4_000;
const SETTLE_MS = 1_000;

/**
 * Flows of three steps, each step's result recorded before the next begins: the latency of one,
 * from the call to the last record, and what 64 producers get done.
 *
 * @param {{
 *   subject: import('../subjects.mjs').SubjectName;
 *   directory: string;
 *   dist: string;
 *   samples: number;
 *   flows: number;
 * }} options
 */
export async function measureFlows({ subject: name, directory, dist, samples, flows }) {
  const done = new Counter();
  const subject = await openSubject(name, {
    directory,
    dist,
    steps: STEPS,
    onStart: () => {},
    onDone: () => done.add(),
  });
  await delay(SETTLE_MS);
  const latency = await measureLatency(subject, { directory, samples, until: done, done });
  await singleThroughput(subject, { total: Math.ceil(flows / 4), done, openMax: OPEN_MAX });
  const perSecond = await singleThroughput(subject, { total: flows, done, openMax: OPEN_MAX });
  await subject.close();
  return { ...latency, flows_per_s: perSecond };
}
