// @ts-check
import { jobTrials } from '../plan.mjs';
import { compare } from '../report/line.mjs';
import { othersOf } from './others.mjs';

/**
 * The same where events come in bulk.
 *
 * @type {import('../plan.mjs').Row}
 */
export const bulk = {
  key: '3',
  title: 'Emit, handler, completion: 500 per call',
  trials: jobTrials,
  lines(results, plan) {
    const figure = results('jobs signalbox')?.['bulk_per_s'];
    if (figure === undefined) return [];
    const targets = { graphile: { floor: 1, goal: 2 }, bullmq: { floor: 2, goal: 5 } };
    const others = othersOf(plan, results, { trial: 'jobs', field: 'bulk_per_s', targets });
    return compare({ figure, unit: '/s', others });
  },
};
