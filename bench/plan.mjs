// @ts-check
import { findRecentNode } from './peers/package-loader.mjs';

/** @import {Peer} from './peers/peers.mjs' */
/**
 * @import {
 *   Figures,
 *   Trial
 * } from './rounds.mjs'
 */
/** @import {Line} from './report/line.mjs' */

/**
 * A row of the table of goals: a claim, the trials that it needs, and what they say of it. Trials
 * of the same name are one.
 *
 * @typedef {{
 *   key: string;
 *   title: string;
 *   trials: (plan: Plan) => Trial[];
 *   lines: (results: Results, plan: Plan) => Line[];
 * }} Row
 *
 * @typedef {{
 *   peers: readonly Peer[];
 *   large: boolean;
 *   quick: boolean;
 *   slow: boolean;
 * }} Plan
 *   `slow` says whether syncs can be made slower here.
 *
 * @typedef {(name: string) => Figures | undefined} Results the medians of a trial
 */

/** Jobs that take Signalbox and raw SQLite about two seconds. */
const OWN = { jobs: 60_000, bulkJobs: 100_000, flows: 30_000 };
const SLOW_DIVISOR = 3;
const SAMPLES = 200;
const PEER_SAMPLES = 60;

/**
 * A tenth of the work where only the trial's being made is of interest.
 *
 * @param {Plan} plan
 * @param {number} amount
 */
export function work({ quick }, amount) {
  return quick ? Math.ceil(amount / 10) : amount;
}

/**
 * Jobs of one handler by Signalbox, raw SQLite and the peers.
 *
 * @param {Plan} plan
 * @returns {Trial[]}
 */
export function jobTrials(plan) {
  const own = ['signalbox', 'raw'].map((subject) => ({
    name: `jobs ${subject}`,
    kind: 'jobs',
    options: {
      subject,
      samples: work(plan, SAMPLES),
      jobs: work(plan, OWN.jobs),
      bulkJobs: work(plan, OWN.bulkJobs),
    },
  }));
  const peers = plan.peers.map((peer) => ({
    name: `jobs ${peer.name}`,
    kind: 'jobs',
    options: {
      subject: peer.name,
      samples: work(plan, PEER_SAMPLES),
      jobs: work(plan, peer.jobs),
      bulkJobs: work(plan, peer.bulkJobs),
    },
    ...nodeOf(peer),
  }));
  return [...own, ...peers];
}

/**
 * The same on a slow disk, without bulk and latency, and only by those who notice the slow disk.
 *
 * @param {Plan} plan
 * @returns {Trial[]}
 */
export function slowJobTrials(plan) {
  if (!plan.slow) return [];
  const bullmq = plan.peers.filter(({ name }) => name === 'bullmq');
  const subjects = [{ name: 'signalbox', ...OWN }, { name: 'raw', ...OWN }, ...bullmq];
  return subjects.map(({ name, jobs }) => ({
    name: `slow jobs ${name}`,
    kind: 'jobs',
    slow: true,
    options: {
      subject: name,
      samples: 0,
      jobs: work(plan, Math.ceil(jobs / SLOW_DIVISOR)),
      bulkJobs: 0,
    },
  }));
}

/**
 * Flows of three recorded steps.
 *
 * @param {Plan} plan
 * @returns {Trial[]}
 */
export function flowTrials(plan) {
  const own = ['signalbox', 'raw'].map((subject) => ({
    name: `flows ${subject}`,
    kind: 'flows',
    options: { subject, samples: work(plan, SAMPLES), flows: work(plan, OWN.flows) },
  }));
  const peers = plan.peers.filter(({ flows }) => flows > 0);
  return [
    ...own,
    ...peers.map((peer) => ({
      name: `flows ${peer.name}`,
      kind: 'flows',
      options: {
        subject: peer.name,
        samples: work(plan, PEER_SAMPLES),
        flows: work(plan, peer.flows),
      },
      ...nodeOf(peer),
    })),
  ];
}

/**
 * Durable emits by 256 callers.
 *
 * @param {Plan} plan
 * @param {{ slow: boolean }} disk
 * @returns {Trial[]}
 */
export function emitTrials(plan, { slow }) {
  if (slow && !plan.slow) return [];
  return ['signalbox', 'raw'].map((subject) => ({
    name: `${slow ? 'slow ' : ''}emit ${subject}`,
    kind: 'emit',
    slow,
    options: { subject, durationMs: work(plan, 3_000) },
  }));
}

/** @param {Peer} peer */
function nodeOf({ recentNode = false }) {
  const node = recentNode ? findRecentNode() : undefined;
  return node === undefined ? {} : { node };
}
