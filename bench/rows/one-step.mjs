// @ts-check
import { jobTrials } from '../plan.mjs';
import { compare } from '../report/line.mjs';
import { othersOf, withTargetForBest } from './others.mjs';

/**
 * Events start and finish runs faster than any durable queue or engine finishes its jobs.
 *
 * @type {import('../plan.mjs').Row}
 */
export const oneStep = {
  key: '2',
  title: 'Emit, handler, completion: 64 producers, one at a time each',
  trials: jobTrials,
  lines(results, plan) {
    const figure = results('jobs signalbox')?.['single_per_s'];
    if (figure === undefined) return [];
    const targets = { bullmq: { floor: 1.5, goal: 4 } };
    const others = othersOf(plan, results, { trial: 'jobs', field: 'single_per_s', targets });
    const engines = ['dbos', 'restate', 'graphile', 'pgboss'];
    const judged = withTargetForBest(others, engines, { floor: 8, goal: 20 });
    return compare({ figure, unit: '/s', others: judged });
  },
};
