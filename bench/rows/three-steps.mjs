// @ts-check
import { flowTrials } from '../plan.mjs';
import { compare } from '../report/line.mjs';
import { othersOf } from './others.mjs';

/**
 * @import {
 *   Plan,
 *   Results
 * } from '../plan.mjs'
 */

/**
 * Flows whose every step is recorded are an order of magnitude faster than those of other engines.
 *
 * @type {import('../plan.mjs').Row}
 */
export const threeSteps = {
  key: '8',
  title: 'Three-step durable flow: 64 producers, and the latency of one',
  trials: flowTrials,
  lines: (results, plan) => [...throughputLines(results, plan), ...latencyLines(results, plan)],
};

/** @param {Results} results @param {Plan} plan */
function throughputLines(results, plan) {
  const figure = results('flows signalbox')?.['flows_per_s'];
  if (figure === undefined) return [];
  const targets = { restate: { floor: 5, goal: 25 }, dbos: { floor: 10, goal: 60 } };
  const others = othersOf(plan, results, { trial: 'flows', field: 'flows_per_s', targets });
  return compare({ figure, unit: '/s', others });
}

/** @param {Results} results @param {Plan} plan */
function latencyLines(results, plan) {
  const { latency_p50_ms: figure, fdatasync_p50_ms: sync } = results('flows signalbox') ?? {};
  if (figure === undefined || sync === undefined) return [];
  const target = { floor: 5 * sync + 1, less: true };
  const disk = { label: 'fdatasync after 4 KiB, p50', figure: sync };
  const others = othersOf(plan, results, { trial: 'flows', field: 'latency_p50_ms' });
  const label = 'Signalbox, one at a time, p50';
  return compare({ label, figure, unit: 'ms', target, others: [disk, ...others] });
}
