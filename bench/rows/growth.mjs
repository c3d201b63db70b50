// @ts-check
import { work } from '../plan.mjs';
import { growTrials, LARGE, largeTitle, sizesOf, SMALL } from './grown-logs.mjs';

/**
 * @import {
 *   Plan,
 *   Results
 * } from '../plan.mjs'
 */
/**
 * @import {
 *   Line,
 *   Target
 * } from '../report/line.mjs'
 */
/** @import {Trial} from '../rounds.mjs' */

const FLOWS = [10, 10_000];
/** The payload of an event of the footprint trial, in bytes. */
const PAYLOAD_BYTES = 500;

/**
 * Neither a long log nor many flows slow it down.
 *
 * @type {import('../plan.mjs').Row}
 */
export const growth = {
  key: '10',
  title: 'Growth: a long log, and many flows',
  trials: (plan) => [...growTrials(plan), ...logTrials(plan), ...flowTrials(plan), footprint(plan)],
  lines: (results, plan) => [
    ...ingestLines(results, plan),
    ...dispatchLines(results),
    ...readLines(results, plan),
    ...diskLines(results),
  ],
};

/** @param {Plan} plan @returns {Trial[]} */
function logTrials(plan) {
  const ingest = { events: work(plan, 50_000) };
  const read = { records: sizesOf(plan).large, durationMs: work(plan, 2_000) };
  return [
    { name: 'ingest small', kind: 'ingest', copies: SMALL, options: ingest },
    { name: 'ingest large', kind: 'ingest', keeps: LARGE, options: ingest },
    { name: 'read large', kind: 'read', keeps: LARGE, options: read },
  ];
}

/** @param {Plan} plan @returns {Trial[]} */
function flowTrials(plan) {
  const jobs = work(plan, 40_000);
  return FLOWS.map((flows) => ({
    name: `dispatch ${flows}`,
    kind: 'dispatch',
    options: { flows, jobs },
  }));
}

/** @param {Plan} plan @returns {Trial} */
function footprint(plan) {
  const options = { steps: 0, events: work(plan, 50_000) };
  return { name: 'footprint 0', kind: 'footprint', options };
}

/** @param {Results} results @param {Plan} plan */
function ingestLines(results, plan) {
  const [small, large] = [results('ingest small'), results('ingest large')];
  const sizes = sizesOf(plan);
  const target = { floor: 0.8, goal: 0.95 };
  const at = sizes.small.toLocaleString('en');
  return [
    ...pair(`ingest at ${largeTitle(plan)}`, large?.['plain_per_s']),
    ...pair(`at ${at}`, small?.['plain_per_s'], { of: large?.['plain_per_s'], target }),
    ...pair(`ingest with foreign ids at ${largeTitle(plan)}`, large?.['foreign_per_s']),
    ...pair(`at ${at}`, small?.['foreign_per_s'], { of: large?.['foreign_per_s'] }),
  ];
}

/** @param {Results} results */
function dispatchLines(results) {
  const [few, many] = FLOWS.map((flows) => results(`dispatch ${flows}`)?.['per_s']);
  const target = { floor: 0.7, goal: 0.9 };
  return [
    ...pair('one-step runs with 10,000 flows', many),
    ...pair('with 10 flows', few, { of: many, target }),
  ];
}

/** @param {Results} results @param {Plan} plan */
function readLines(results, plan) {
  const { own_per_s: own, foreign_per_s: foreign } = results('read large') ?? {};
  const target = { floor: 20_000, goal: 60_000 };
  return [
    ...pair(`read by id at ${largeTitle(plan)}`, own, { target }),
    ...pair('read by a foreign id', foreign, { target }),
  ];
}

/** @param {Results} results @returns {Line[]} */
function diskLines(results) {
  const bytes = results('footprint 0')?.['disk_bytes'];
  if (bytes === undefined) return [];
  const target = { floor: 2, goal: 1.5, less: true };
  return [{ label: 'disk per payload byte', figure: bytes / PAYLOAD_BYTES, unit: 'x', target }];
}

/**
 * @param {string} label
 * @param {number | undefined} figure
 * @param {{ of?: number | undefined; target?: Target }} [options] `of` is divided by the figure
 * @returns {Line[]}
 */
function pair(label, figure, { of, target } = {}) {
  if (figure === undefined) return [];
  /** @type {Line} */
  const line = { label, figure, unit: '/s' };
  if (of !== undefined) line.ratio = of / figure;
  if (target !== undefined) line.target = target;
  return [line];
}
