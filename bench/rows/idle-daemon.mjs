// @ts-check
import { work } from '../plan.mjs';
import { growTrials, LARGE, largeTitle } from './grown-logs.mjs';

const EVENTS = 100_000;

/**
 * The daemon is small, stays small, and is there at once, however long its log is.
 *
 * @type {import('../plan.mjs').Row}
 */
export const idleDaemon = {
  key: '9',
  title: 'The daemon: memory, and when it is ready',
  trials: (plan) => [
    ...growTrials(plan),
    { name: 'daemon empty', kind: 'daemon', options: { events: work(plan, EVENTS) } },
    { name: 'daemon large', kind: 'daemon', keeps: LARGE, options: { events: 0 } },
  ],
  lines(results, plan) {
    const {
      idle_mib: idle,
      after_mib: after,
      after_twice_mib: twice,
      ready_s: ready,
    } = results('daemon empty') ?? {};
    const large = results('daemon large')?.['ready_s'];
    const events = work(plan, EVENTS);
    const flat = { floor: 200, goal: 130, less: true };
    return [
      line('memory, idle', idle, 'MiB', { floor: 110, goal: 85, less: true }),
      line(`memory after ${count(events)} events with runs`, after, 'MiB', flat),
      line(`memory after ${count(2 * events)}`, twice, 'MiB', flat),
      line('ready, empty', ready, 's', { floor: 0.6, goal: 0.3, less: true }),
      line(`ready, ${largeTitle(plan)}`, large, 's', { floor: 1, goal: 0.5, less: true }),
    ].flat();
  },
};

/**
 * @param {string} label
 * @param {number | undefined} figure
 * @param {import('../report/line.mjs').Unit} unit
 * @param {import('../report/line.mjs').Target} target
 */
function line(label, figure, unit, target) {
  return figure === undefined ? [] : [{ label, figure, unit, target }];
}

/** @param {number} value */
function count(value) {
  return value.toLocaleString('en');
}
