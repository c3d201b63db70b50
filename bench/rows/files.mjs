// @ts-check
import { work } from '../plan.mjs';

/** @import {Line} from '../report/line.mjs' */

const FILES = 50_000;
const RUNS = 20;

/**
 * A large tree is watched at little cost, and nothing that happens in it is lost.
 *
 * @type {import('../plan.mjs').Row}
 */
export const files = {
  key: 'files',
  title: 'A tree of 50,000 files in 100 folders, watched',
  trials: (plan) => {
    const options = { files: work(plan, FILES) };
    return [
      { name: 'watched daemon', kind: 'watched-daemon', options },
      { name: 'files', kind: 'files', options: { ...options, runs: work(plan, RUNS) } },
    ];
  },
  lines(results, plan) {
    const daemon = results('watched daemon') ?? {};
    const { change_p50_ms: p50, lost } = results('files') ?? {};
    const ready = { floor: 1, goal: 0.3, less: true };
    const memory = { floor: 40, goal: 25, less: true };
    const many = `lost of ${work(plan, RUNS)} times 5,000 and 1,000 in new folders`;
    return [
      line('ready later by, first start', daemon['first_s'], 's', ready),
      line('ready later by, a later start', daemon['later_s'], 's', ready),
      line('memory added, first start', daemon['first_mib'], 'MiB', memory),
      line('memory added, a later start', daemon['later_mib'], 'MiB', memory),
      line('one change told of, p50, debounce_ms: 20', p50, 'ms', {
        floor: 100,
        goal: 60,
        less: true,
      }),
      line(many, lost, 'files', { floor: 0, less: true }),
    ].flat();
  },
};

/**
 * @param {string} label
 * @param {number | undefined} figure
 * @param {import('../report/line.mjs').Unit} unit
 * @param {import('../report/line.mjs').Target} target
 * @returns {Line[]}
 */
function line(label, figure, unit, target) {
  return figure === undefined ? [] : [{ label, figure, unit, target }];
}
