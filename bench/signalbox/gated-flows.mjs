// @ts-check
import { setTimeout as delay } from 'node:timers/promises';
import { openEngine } from './engine.mjs';
import { emitAccepted, emitMany } from './grown-log.mjs';

/** @import {Signalbox} from './engine.mjs' */
/** @import {Job} from '../load/job.mjs' */
/** @import {Subject} from '../subjects.mjs' */

/** How often the router is asked how far it is. */
const LOOK_MS = 2;

const OWNER = /** @type {const} */ ({ who: 'owner', by: 'owner', role: 'admin' });

const GATED_FLOW = '  gated: {on: job.requested, steps: [{gate: {risk: high}, noop: {}}]}';

/** Four steps that can be undone, and a fifth whose input has no value, so that it fails. */
const DONE = Array.from({ length: 4 }, () => '{noop: {}, compensate: {noop: {}}}').join(', ');
const SAGA_FLOW = `  saga: {on: job.requested, steps: [${DONE}, {noop: '{payload.missing}'}]}`;

/** A pattern over time whose windows stay open for longer than any trial. */
const SEQUENCE = '{sequence: [door.opened, door.closed], within: 366d, by: event.data.key}';
const PATTERN_FLOW = `  watching: {on: ${SEQUENCE}, steps: [{noop: {}}]}`;

/**
 * Signalbox with a flow of one step that somebody has to say yes to.
 *
 * @param {{ directory: string; dist: string; onStep: () => void }} options
 * @returns {Promise<{ box: Signalbox; propose: (job: Job) => Promise<() => Promise<void>> }>}
 *   `propose` starts a run, and resolves, once that is proposed, with what approves it
 */
export async function openGatedFlow({ directory, dist, onStep }) {
  const box = await openEngine({ directory, dist }, { flows: [GATED_FLOW], onStep });
  /** @type {((opened: { seq: number; hash: string }) => void) | undefined} */
  let proposed;
  box.store.onCommitted((records) => {
    for (const { type, seq, data } of records) {
      if (type === 'proposal.opened') proposed?.({ seq, hash: JSON.parse(data).hash });
    }
  });
  /** @param {Job} job */
  const propose = async (job) => {
    /** @type {Promise<{ seq: number; hash: string }>} */
    const opening = new Promise((resolve) => {
      proposed = resolve;
    });
    await emitAccepted(box, { type: 'job.requested', source: 'bench', data: JSON.stringify(job) });
    const { seq, hash } = await opening;
    return async () => {
      const saying = /** @type {const} */ ({ decision: 'approve', hash, reason: null });
      const said = await box.deciding.decide(seq, saying, OWNER);
      if (said.kind !== 'decided') throw new Error(`the approval is ${said.kind}`);
    };
  };
  return { box, propose };
}

/**
 * Signalbox with a saga of five steps whose fifth fails, so that the four before it are undone.
 *
 * @param {{ directory: string; dist: string; onDone: () => void }} options
 * @returns {Promise<{ box: Signalbox; subject: Subject }>}
 */
export async function openSaga({ directory, dist, onDone }) {
  // Failures are the point here: nobody is to be asked about them.
  const flows = [SAGA_FLOW, 'gates: {fall_back_after: 0}'];
  const box = await openEngine({ directory, dist }, { flows });
  box.store.onCommitted((records) => {
    for (const { type } of records) if (type === 'run.compensated') onDone();
  });
  const accept = (/** @type {Job} */ job) =>
    emitAccepted(box, { type: 'job.requested', source: 'bench', data: JSON.stringify(job) });
  const acceptMany = (/** @type {readonly Job[]} */ jobs) => Promise.all(jobs.map(accept));
  return { box, subject: { accept, acceptMany, close: () => box.stop() } };
}

/**
 * Signalbox with so many open windows of a pattern over time, each by a key of its own.
 *
 * @param {{ directory: string; dist: string; windows: number }} options
 */
export async function openWindows({ directory, dist, windows }) {
  const box = await openEngine({ directory, dist }, { flows: [PATTERN_FLOW] });
  await emitMany(box, windows, (n) => ({ type: 'door.opened', data: `{"key":"door-${n}"}` }));
  await routed(box);
  return box;
}

/**
 * Emits events of a type that the windows look for, whose keys none of them has; resolves when the
 * router has passed them.
 *
 * @param {Signalbox} box
 * @param {number} events
 */
export async function passClosings(box, events) {
  await emitMany(box, events, (n) => ({ type: 'door.closed', data: `{"key":"other-${n}"}` }));
  await routed(box);
}

/** @param {Signalbox} box */
async function routed(box) {
  while (box.status().lag > 0) await delay(LOOK_MS);
}
