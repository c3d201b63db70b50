// @ts-check
import { flowOf, openEngine } from './engine.mjs';

/**
 * @import {
 *   Setup,
 *   Subject
 * } from '../subjects.mjs'
 */
/** @import {Job} from '../load/job.mjs' */

/**
 * Signalbox itself: each job is an event that starts one run, which counts as done when the record
 * of its success is durable.
 *
 * @param {Setup} setup
 * @returns {Promise<Subject>}
 */
export async function openSignalboxDispatcher({ directory, dist, steps, onStart, onDone }) {
  const flows = [flowOf('work', { on: 'job.requested', steps: Math.max(1, steps) })];
  /** @param {import('./engine.mjs').StepContext} context */
  const onStep = (context) => {
    // The peers hand their handlers the payload, so ours takes it too.
    if (context.step === '1' && context.event.data !== null) onStart();
  };
  const box = await openEngine({ directory, dist }, { flows, onStep });
  box.store.onCommitted((records) => {
    for (const { type } of records) if (type === 'run.succeeded') onDone();
  });
  /** @param {Job} job */
  const accept = async (job) => {
    const data = JSON.stringify(job);
    const { kind } = await box.emit({ type: 'job.requested', source: 'bench', data });
    if (kind !== 'accepted') throw new Error(`An event was ${kind}.`);
  };
  return {
    accept,
    acceptMany: (jobs) => Promise.all(jobs.map(accept)),
    close: () => box.stop(),
  };
}
