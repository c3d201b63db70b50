// @ts-check
import { work } from '../plan.mjs';
import { compare } from '../report/line.mjs';

/** @import {Results} from '../plan.mjs' */

const SAMPLES = 200;
const SAGAS = 10_000;

/**
 * What somebody approves goes on at once, and what fails is undone as fast as it was done.
 *
 * @type {import('../plan.mjs').Row}
 */
export const gates = {
  key: 'gates',
  title: 'Gates and sagas: from a decision to the step, and five steps that are undone',
  trials: (plan) => [
    { name: 'decisions', kind: 'decisions', options: { samples: work(plan, SAMPLES) } },
    { name: 'sagas', kind: 'sagas', options: { sagas: work(plan, SAGAS) } },
  ],
  lines: (results) => [...decisionLines(results), ...sagaLines(results)],
};

/** @param {Results} results */
function decisionLines(results) {
  const {
    resumed_p50_ms: figure,
    resumed_p99_ms: late,
    fdatasync_p50_ms: sync,
  } = results('decisions') ?? {};
  if (figure === undefined || late === undefined || sync === undefined) return [];
  // One commit lies between the call and the step, and as much again for what it reads.
  const target = { floor: 5 * sync + 5, goal: 2 * sync + 3, less: true };
  const disk = { label: 'fdatasync after 4 KiB, p50', figure: sync };
  const label = 'approval to the step, p50';
  const worst = { label: 'approval to the step, p99', durability: 'FULL', figure: late };
  return compare({ label, figure, unit: 'ms', target, others: [disk, worst] });
}

/** @param {Results} results */
function sagaLines(results) {
  const figure = results('sagas')?.['sagas_per_s'];
  if (figure === undefined) return [];
  const label = 'sagas of five steps that fail at the fifth';
  return compare({ label, figure, unit: '/s', others: [] });
}
