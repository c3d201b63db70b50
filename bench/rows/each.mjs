// @ts-check
import { work } from '../plan.mjs';

/** @import {Results} from '../plan.mjs' */
/** @import {Line} from '../report/line.mjs' */

const ITEMS = 10_000;
const AT_ONCE = [1, 16];

/**
 * A run is no slower for the many branches that it has.
 *
 * @type {import('../plan.mjs').Row}
 */
export const each = {
  key: '13',
  title: 'An `each` over 10,000 items, one step each',
  trials: (plan) => {
    const items = work(plan, ITEMS);
    const own = AT_ONCE.map((concurrency) => ({
      name: `each ${concurrency}`,
      kind: 'each',
      options: { subject: 'signalbox', items, concurrency },
    }));
    return [...own, { name: 'each raw', kind: 'each', options: { subject: 'raw', items } }];
  },
  lines: (results) => [
    ...AT_ONCE.flatMap((concurrency) => linesOf(results, concurrency)),
    ...rawLines(results),
  ],
};

/** @param {Results} results @param {number} concurrency @returns {Line[]} */
function linesOf(results, concurrency) {
  const { run_s: runS, items_per_s: perSecond } = results(`each ${concurrency}`) ?? {};
  if (runS === undefined || perSecond === undefined) return [];
  const who = concurrency === 1 ? 'one after the other' : `${concurrency} at once`;
  return [
    { label: `${who}: the run`, durability: 'FULL', figure: runS, unit: 's' },
    { label: `${who}: items`, durability: 'FULL', figure: perSecond, unit: '/s' },
  ];
}

/** @param {Results} results @returns {Line[]} */
function rawLines(results) {
  const [own, raw] = ['each 1', 'each raw'].map((name) => results(name)?.['items_per_s']);
  if (own === undefined || raw === undefined) return [];
  const label = 'raw SQLite, a commit an item, one after the other';
  return [{ label, durability: 'FULL', figure: raw, unit: '/s', ratio: own / raw }];
}
