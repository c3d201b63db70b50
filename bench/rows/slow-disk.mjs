// @ts-check
import { slowJobTrials } from '../plan.mjs';
import { compare } from '../report/line.mjs';
import { othersOf } from './others.mjs';

/**
 * A slow disk costs latency, not throughput.
 *
 * @type {import('../plan.mjs').Row}
 */
export const slowDisk = {
  key: '4',
  title: 'Emit, handler, completion: 64 producers, each sync 2 ms slower',
  trials: slowJobTrials,
  lines(results, plan) {
    const figure = results('slow jobs signalbox')?.['single_per_s'];
    if (figure === undefined) return [];
    const targets = { bullmq: { floor: 2, goal: 4 } };
    const others = othersOf(plan, results, { trial: 'slow jobs', field: 'single_per_s', targets });
    return compare({ figure, unit: '/s', others });
  },
};
