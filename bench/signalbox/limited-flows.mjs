// @ts-check
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { flowOf, openEngine, writeConfiguration } from './engine.mjs';
import { emitAccepted, emitMany } from './grown-log.mjs';

/** @import {Signalbox} from './engine.mjs' */
/** @import {Subject} from '../subjects.mjs' */

/** The keys that the runs of a limited flow, or the windows beside it, are spread over. */
const LANES = 1_000;
/** How often the router is asked how far it is. */
const LOOK_MS = 2;

/** What may limit the runs that are measured, as keys of their flow. None ever has to wait long. */
export const LIMITS = {
  none: '',
  concurrency: 'concurrency: {key: event.data.key, limit: 1}, ',
  order: 'order: event.data.key, ',
  throttle: 'throttle: {limit: 100000, per: 100ms}, ',
};

/** @typedef {keyof typeof LIMITS} Limit */

/** A flow whose runs wait for longer than any trial, of a step that the daemon knows. */
const WAITING_FLOW = flowOf('waiting', { on: 'rest.asked', steps: 1, step: 'sleep: 366d' });
/** A flow whose windows stay open for longer than any trial, too. */
const DEBOUNCE = 'debounce: {wait: 30d, max_wait: 366d, key: event.data.key}';
const GATHERING_FLOW = `  gathering: {on: file.saved, ${DEBOUNCE}, steps: [{noop: {}}]}`;
/** A pattern over time whose windows do so, too. */
const SEQUENCE = '{sequence: [door.opened, door.closed], within: 366d, by: event.data.key}';
const PATTERN_FLOW = `  watching: {on: ${SEQUENCE}, steps: [{noop: {}}]}`;

/**
 * Signalbox with a flow whose runs may be limited, and beside it two whose windows and runs wait.
 *
 * @param {{ directory: string; dist: string; limit: Limit; onDone: () => void }} options
 * @returns {Promise<{ box: Signalbox; subject: Subject }>}
 */
export async function openLimitedFlows({ directory, dist, limit, onDone }) {
  const work = `  work: {on: job.requested, ${LIMITS[limit]}steps: [{noop: {}}]}`;
  const flows = [work, WAITING_FLOW, GATHERING_FLOW, PATTERN_FLOW];
  const box = await openEngine({ directory, dist }, { flows });
  box.store.onCommitted((records) => {
    for (const { type } of records) if (type === 'run.succeeded') onDone();
  });
  /** @param {import('../load/job.mjs').Job} job */
  const accept = (job) => {
    const data = JSON.stringify({ ...job, key: `lane-${job.n % LANES}` });
    return emitAccepted(box, { type: 'job.requested', source: 'bench', data });
  };
  const acceptMany = (/** @type {readonly import('../load/job.mjs').Job[]} */ jobs) =>
    Promise.all(jobs.map(accept));
  return { box, subject: { accept, acceptMany, close: () => box.stop() } };
}

/**
 * Makes runs that wait, in a directory on which a daemon can be started.
 *
 * @param {{ directory: string; dist: string; runs: number }} options
 * @returns {Promise<string>} the configuration's file
 */
export async function leaveWaitingRuns({ directory, dist, runs }) {
  const flows = [WAITING_FLOW];
  const box = await openEngine({ directory, dist }, { flows });
  await makeWaitingRuns(box, runs);
  await box.stop();
  return writeConfiguration(join(directory, 'config'), flows);
}

/**
 * Starts runs, and resolves when all of them wait.
 *
 * @param {Signalbox} box
 * @param {number} runs
 */
export async function makeWaitingRuns(box, runs) {
  await emitMany(box, runs, () => ({ type: 'rest.asked', data: '{}' }));
  while ((await box.stats()).runs.waiting < runs) await delay(LOOK_MS);
}

/**
 * Emits events that windows gather, by so many keys in turn, and resolves when all are gathered.
 *
 * @param {Signalbox} box
 * @param {{ events: number; keys: number }} options
 */
export async function gatherEvents(box, { events, keys }) {
  await emitMany(box, events, (n) => ({ type: 'file.saved', data: `{"key":"key-${n % keys}"}` }));
  await untilRouted(box);
}

/**
 * Opens so many windows of a pattern over time, and resolves when all are open.
 *
 * @param {Signalbox} box
 * @param {number} windows
 */
export async function openPatterns(box, windows) {
  await emitMany(box, windows, (n) => ({ type: 'door.opened', data: `{"key":"door-${n}"}` }));
  await untilRouted(box);
}

/**
 * Emits as many events that no flow wants, and resolves when the router has passed them.
 *
 * @param {Signalbox} box
 * @param {number} events
 */
export async function passEvents(box, events) {
  await emitMany(box, events, (n) => ({ type: 'file.seen', data: `{"key":"key-${n}"}` }));
  await untilRouted(box);
}

/** @param {Signalbox} box */
async function untilRouted(box) {
  while (box.status().lag > 0) await delay(LOOK_MS);
}
