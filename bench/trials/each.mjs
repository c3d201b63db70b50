// @ts-check
import { Counter } from '../load/counter.mjs';
import { makeJob } from '../load/job.mjs';
import { openEachFlow } from '../signalbox/each-flow.mjs';
import { openSubject } from '../subjects.mjs';

/**
 * One run with an `each` of so many items, so many at once, from the call to the last record; of
 * raw SQLite one job that commits the output of each item, one after the other. The second of two
 * runs is measured.
 *
 * @param {{
 *   subject: 'signalbox' | 'raw';
 *   directory: string;
 *   dist: string;
 *   items: number;
 *   concurrency: number;
 * }} options
 *   raw SQLite takes no `concurrency`
 */
export async function measureEach({ subject: name, directory, dist, items, concurrency }) {
  const done = new Counter();
  const place = { directory, dist, onDone: () => done.add() };
  const subject =
    name === 'raw'
      ? await openSubject('raw', { ...place, steps: items, onStart: () => {} })
      : await openEachFlow({ ...place, items, concurrency });
  await once(subject, done);
  const elapsedS = await once(subject, done);
  await subject.close();
  return { run_s: elapsedS, items_per_s: items / elapsedS };
}

/**
 * @param {import('../subjects.mjs').Subject} subject
 * @param {Counter} done
 */
async function once(subject, done) {
  const ended = done.reaches(done.count + 1);
  const begun = performance.now();
  await subject.accept(makeJob(done.count));
  await ended;
  return (performance.now() - begun) / 1_000;
}
