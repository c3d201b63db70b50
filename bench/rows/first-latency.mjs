// @ts-check
import { jobTrials } from '../plan.mjs';
import { compare } from '../report/line.mjs';
import { othersOf } from './others.mjs';

/**
 * A lone event starts its handler after two commits, which cost their syncs and little else.
 *
 * @type {import('../plan.mjs').Row}
 */
export const firstLatency = {
  key: '5',
  title: 'Emit to handler start at low load, p50',
  trials: jobTrials,
  lines(results, plan) {
    const { latency_p50_ms: figure, fdatasync_p50_ms: sync } = results('jobs signalbox') ?? {};
    if (figure === undefined || sync === undefined) return [];
    const target = { floor: 2 * sync + 0.3, goal: 1.5 * sync + 0.2, less: true };
    const disk = { label: 'fdatasync after 4 KiB, p50', figure: sync };
    const others = othersOf(plan, results, { trial: 'jobs', field: 'latency_p50_ms' });
    return compare({ figure, unit: 'ms', target, others: [disk, ...others] });
  },
};
