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
const SOME = 1_000;
const MANY = 10_000;
const EVENTS = 100_000;

/**
 * What an event costs does not grow with the runs that wait for others of its type, nor what a wake
 * costs with those that wake at the same moment.
 *
 * @type {import('../plan.mjs').Row}
 */
export const waits = {
  key: 'waits',
  title: 'Waits: ten thousand open ones cost an event nothing',
  trials: (plan) => [FEW, someOf(plan), manyOf(plan)].map((open) => trialOf(plan, open)),
  lines: (results, plan) => linesOf(results, plan),
};

/** @param {Plan} plan */
function manyOf(plan) {
  return work(plan, MANY);
}

/** @param {Plan} plan */
function someOf(plan) {
  return work(plan, SOME);
}

/** @param {Plan} plan @param {number} open @returns {Trial} */
function trialOf(plan, open) {
  const options = { waits: open, events: work(plan, EVENTS) };
  return { name: `waits ${open}`, kind: 'waits', options };
}

/** @param {Results} results @param {Plan} plan @returns {Line[]} */
function linesOf(results, plan) {
  const many = manyOf(plan);
  const few = results(`waits ${FEW}`);
  const all = results(`waits ${many}`);
  if (few === undefined || all === undefined) return [];
  const [of = 0, figure = 0] = [few['passed_per_s'], all['passed_per_s']];
  const target = { floor: 0.8, goal: 0.95 };
  const count = many.toLocaleString('en');
  return [
    { label: `events beside ${FEW} open waits for their type`, figure: of, unit: '/s' },
    { label: `beside ${count}`, figure, unit: '/s', ratio: figure / of, target },
    ...wakeLines(results, plan),
  ];
}

/** @param {Results} results @param {Plan} plan @returns {Line[]} */
function wakeLines(results, plan) {
  const [some, many] = [someOf(plan), manyOf(plan)];
  const [of, figure] = [some, many].map((open) => results(`waits ${open}`)?.['ended_per_s']);
  if (of === undefined || figure === undefined) return [];
  const [few, all] = [some, many].map((open) => open.toLocaleString('en'));
  const target = { floor: 0.8, goal: 0.95 };
  return [
    { label: `${few} waits that get their events at once, and end`, figure: of, unit: '/s' },
    { label: `${all} of them`, figure, unit: '/s', ratio: figure / of, target },
  ];
}
