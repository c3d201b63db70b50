// @ts-check

/** @import {Plan} from '../plan.mjs' */
/** @import {Trial} from '../rounds.mjs' */

/** The folders in which the grown logs are kept for as long as a run of the benchmarks takes. */
export const SMALL = 'log-small';
export const LARGE = 'log-large';

/**
 * How many records the logs have.
 *
 * @param {Plan} plan
 */
export function sizesOf({ large, quick }) {
  if (quick) return { small: 20_000, large: 50_000 };
  return { small: 100_000, large: large ? 10_000_000 : 1_000_000 };
}

/**
 * What the large log is called where it is spoken of.
 *
 * @param {Plan} plan
 */
export function largeTitle(plan) {
  return `${sizesOf(plan).large.toLocaleString('en')} records`;
}

/**
 * Makes both logs, once a run.
 *
 * @param {Plan} plan
 * @returns {Trial[]}
 */
export function growTrials(plan) {
  const sizes = sizesOf(plan);
  return [
    {
      name: 'grow small',
      kind: 'grow',
      keeps: SMALL,
      once: true,
      options: { records: sizes.small },
    },
    {
      name: 'grow large',
      kind: 'grow',
      keeps: LARGE,
      once: true,
      options: { records: sizes.large },
    },
  ];
}
