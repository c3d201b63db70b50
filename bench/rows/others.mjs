// @ts-check

/**
 * @import {
 *   Plan,
 *   Results
 * } from '../plan.mjs'
 */
/** @import {Target} from '../report/line.mjs' */

/**
 * Somebody beside Signalbox with the figure that is compared.
 *
 * @typedef {{
 *   label: string;
 *   durability: string;
 *   figure?: number;
 *   target?: Target;
 *   name: string;
 * }} Other
 */

/**
 * Raw SQLite and the peers, as far as they were measured. `trial` is its name without the
 * subject's; `targets` are by subject.
 *
 * @param {Plan} plan
 * @param {Results} results
 * @param {{ trial: string; field: string; targets?: Record<string, Target> }} what
 * @returns {Other[]}
 */
export function othersOf(plan, results, { trial, field, targets = {} }) {
  const raw = { name: 'raw', title: 'raw SQLite', durability: 'FULL' };
  return [raw, ...plan.peers].flatMap(({ name, title, durability }) => {
    const figure = results(`${trial} ${name}`)?.[field];
    const target = targets[name];
    const other = { name, label: title, durability };
    if (figure === undefined) return [];
    return [target === undefined ? { ...other, figure } : { ...other, figure, target }];
  });
}

/**
 * The others, with a target for the best of those that are named.
 *
 * @param {readonly Other[]} others
 * @param {readonly string[]} names
 * @param {Target} target
 * @returns {Other[]}
 */
export function withTargetForBest(others, names, target) {
  const candidates = others.filter(({ name }) => names.includes(name));
  const best = Math.max(...candidates.map(({ figure = 0 }) => figure));
  return others.map((other) =>
    candidates.includes(other) && other.figure === best ? { ...other, target } : other,
  );
}
