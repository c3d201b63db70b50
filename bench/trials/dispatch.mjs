// @ts-check
import { Counter } from '../load/counter.mjs';
import { singleThroughput } from '../load/throughput.mjs';
import { openManyFlows } from '../signalbox/many-flows.mjs';

/**
 * One-step runs with a number of flows in force.
 *
 * @param {{ directory: string; dist: string; flows: number; jobs: number }} options
 */
export async function measureDispatch({ directory, dist, flows, jobs }) {
  const done = new Counter();
  const opening = performance.now();
  const subject = await openManyFlows({ directory, dist, flows, onDone: () => done.add() });
  const openS = (performance.now() - opening) / 1_000;
  await singleThroughput(subject, { total: Math.ceil(jobs / 4), done });
  const perSecond = await singleThroughput(subject, { total: jobs, done });
  await subject.close();
  return { per_s: perSecond, open_s: openS };
}
