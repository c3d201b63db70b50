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

const JOBS = 80_000;
const WINDOWS = 10_000;
const WAITING = 100_000;
const GATHERED = 100_000;

/**
 * What limits a flow's runs costs them little, and what waits costs the others nothing.
 *
 * @type {import('../plan.mjs').Row}
 */
export const limits = {
  key: '12',
  title: 'Limits: lanes, windows and waiting runs do not slow dispatch',
  trials: (plan) => [...dispatchTrials(plan), gatherTrial(plan), restartTrial(plan)],
  lines: (results, plan) => [
    ...dispatchLines(results, plan),
    ...gatherLines(results, plan),
    ...restartLines(results, plan),
  ],
};

/**
 * What is compared: the first one's figure with each other's. The target is what beside waiting
 * work is promised; what a limit costs its own runs has none.
 *
 * @param {Plan} plan
 */
function cases(plan) {
  const [windows, waiting] = [work(plan, WINDOWS), work(plan, WAITING)];
  const beside = { limit: 'none', windows: 0, patterns: 0, waiting: 0 };
  const target = { floor: 0.8, goal: 0.95 };
  return [
    { name: 'plain', label: 'one-step runs in bulk, no limit', options: beside },
    {
      name: 'concurrency',
      label: 'concurrency 1 by 1,000 keys',
      options: { ...beside, limit: 'concurrency' },
    },
    { name: 'order', label: 'order by 1,000 keys', options: { ...beside, limit: 'order' } },
    {
      name: 'throttle',
      label: 'throttle far above the rate',
      options: { ...beside, limit: 'throttle' },
    },
    {
      name: 'windows',
      label: `beside ${count(windows)} open windows`,
      options: { ...beside, windows },
      target,
    },
    {
      name: 'patterns',
      label: `beside ${count(windows)} open windows of patterns over time`,
      options: { ...beside, patterns: windows },
      target,
    },
    {
      name: 'waiting',
      label: `beside ${count(waiting)} waiting runs`,
      options: { ...beside, waiting },
      target,
    },
  ];
}

/** @param {Plan} plan @returns {Trial[]} */
function dispatchTrials(plan) {
  const jobs = work(plan, JOBS);
  return cases(plan).map(({ name, options }) => ({
    name: `limits ${name}`,
    kind: 'limits',
    options: { ...options, jobs },
  }));
}

/** @param {Plan} plan @returns {Trial} */
function gatherTrial(plan) {
  const options = { keys: work(plan, WINDOWS), events: work(plan, GATHERED) };
  return { name: 'gather', kind: 'gather', options };
}

/** @param {Plan} plan @returns {Trial} */
function restartTrial(plan) {
  return { name: 'restart', kind: 'restart', options: { runs: work(plan, WAITING) } };
}

/** @param {Results} results @param {Plan} plan @returns {Line[]} */
function dispatchLines(results, plan) {
  const [plain, ...others] = cases(plan).map(({ name, label, target }) => {
    return { label, target, figure: results(`limits ${name}`)?.['per_s'] };
  });
  if (plain?.figure === undefined) return [];
  const { label, figure: of } = plain;
  const lines = others.flatMap(({ label: other, target, figure }) =>
    figure === undefined ? [] : [compared(other, figure, { of, target })],
  );
  return [{ label, figure: of, unit: '/s' }, ...lines];
}

/**
 * @param {string} label
 * @param {number} figure
 * @param {{ of: number; target: import('../report/line.mjs').Target | undefined }} options
 * @returns {Line}
 */
function compared(label, figure, { of, target }) {
  /** @type {Line} */
  const line = { label, figure, unit: '/s', ratio: figure / of };
  return target === undefined ? line : { ...line, target };
}

/** @param {Results} results @param {Plan} plan @returns {Line[]} */
function gatherLines(results, plan) {
  const { gathered_per_s: gathered, passed_per_s: passed } = results('gather') ?? {};
  if (gathered === undefined || passed === undefined) return [];
  const label = `events into windows of ${count(work(plan, WINDOWS))} keys`;
  return [
    { label: 'events that no flow wants', figure: passed, unit: '/s' },
    { label, figure: gathered, unit: '/s', ratio: gathered / passed },
  ];
}

/** @param {Results} results @param {Plan} plan @returns {Line[]} */
function restartLines(results, plan) {
  const figure = results('restart')?.['ready_s'];
  if (figure === undefined) return [];
  const label = `start with ${count(work(plan, WAITING))} waiting runs: ready`;
  return [{ label, figure, unit: 's', target: { floor: 10, less: true } }];
}

/** @param {number} value */
function count(value) {
  return value.toLocaleString('en');
}
