// @ts-check
import { Counter } from '../load/counter.mjs';
import { singleThroughput } from '../load/throughput.mjs';
import { openSaga } from '../signalbox/gated-flows.mjs';

/** Sagas that may be under way at once. */
const OPEN_MAX = 4_000;

/**
 * Sagas of five steps whose fifth fails, from the first emit until the last is undone whole.
 *
 * @param {{ directory: string; dist: string; sagas: number }} options
 */
export async function measureSagas({ directory, dist, sagas }) {
  const done = new Counter();
  const { subject } = await openSaga({ directory, dist, onDone: () => done.add() });
  await singleThroughput(subject, { total: Math.ceil(sagas / 4), done, openMax: OPEN_MAX });
  const perSecond = await singleThroughput(subject, { total: sagas, done, openMax: OPEN_MAX });
  await subject.close();
  return { sagas_per_s: perSecond };
}
