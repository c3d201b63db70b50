// @ts-check
import { emitTrials } from '../plan.mjs';
import { compare } from '../report/line.mjs';
import { othersOf } from './others.mjs';

/**
 * Recording an event costs little more than the raw group commit of the same driver.
 *
 * @type {import('../plan.mjs').Row}
 */
export const durableEmit = {
  key: '1',
  title: 'Durable emit, 256 concurrent, 500 bytes each',
  trials: (plan) => emitTrials(plan, { slow: false }),
  lines(results, plan) {
    const figure = results('emit signalbox')?.['per_s'];
    if (figure === undefined) return [];
    const targets = { raw: { floor: 0.4, goal: 0.7 } };
    const others = othersOf(plan, results, { trial: 'emit', field: 'per_s', targets });
    return compare({ figure, unit: '/s', others });
  },
};
