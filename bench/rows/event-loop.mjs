// @ts-check
import { emitTrials } from '../plan.mjs';
import { compare } from '../report/line.mjs';

/**
 * A slow disk does not stop the main thread, so that the daemon answers meanwhile.
 *
 * @type {import('../plan.mjs').Row}
 */
export const eventLoop = {
  key: '11',
  title: 'Delay of the main event loop, p99: 256 concurrent emits, each sync 2 ms slower',
  trials: (plan) => emitTrials(plan, { slow: true }),
  lines(results) {
    const figure = results('slow emit signalbox')?.['loop_p99_ms'];
    const raw = results('slow emit raw')?.['loop_p99_ms'];
    if (figure === undefined) return [];
    const target = { floor: 5, goal: 3, less: true };
    const other = { label: 'raw SQLite in the main thread', durability: 'FULL' };
    const others = raw === undefined ? [] : [{ ...other, figure: raw }];
    return compare({ figure, unit: 'ms', target, others });
  },
};
