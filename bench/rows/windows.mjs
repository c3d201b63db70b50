// @ts-check
import { work } from '../plan.mjs';

/**
 * @import {
 *   Plan,
 *   Results
 * } from '../plan.mjs'
 */
/** @import {Line} from '../report/line.mjs' */
/** @import {Trial} from '../rounds.mjs' */

const FEW = 10;
const MANY = 10_000;
const EVENTS = 100_000;

/**
 * What an event costs does not grow with the open windows of patterns that look for its type.
 *
 * @type {import('../plan.mjs').Row}
 */
export const windows = {
  key: 'windows',
  title: 'Patterns over time: ten thousand open windows cost an event nothing',
  trials: (plan) => [FEW, manyOf(plan)].map((open) => trialOf(plan, open)),
  lines: (results, plan) => linesOf(results, plan),
};

/** @param {Plan} plan */
function manyOf(plan) {
  return work(plan, MANY);
}

/** @param {Plan} plan @param {number} open @returns {Trial} */
function trialOf(plan, open) {
  const options = { windows: open, events: work(plan, EVENTS) };
  return { name: `windows ${open}`, kind: 'windows', options };
}

/** @param {Results} results @param {Plan} plan @returns {Line[]} */
function linesOf(results, plan) {
  const many = manyOf(plan);
  const of = results(`windows ${FEW}`)?.['passed_per_s'];
  const figure = results(`windows ${many}`)?.['passed_per_s'];
  if (of === undefined || figure === undefined) return [];
  const target = { floor: 0.8, goal: 0.95 };
  const count = many.toLocaleString('en');
  return [
    { label: `events beside ${FEW} open windows for their type`, figure: of, unit: '/s' },
    { label: `beside ${count}`, figure, unit: '/s', ratio: figure / of, target },
  ];
}
