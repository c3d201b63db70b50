// @ts-check
import { setTimeout as delay } from 'node:timers/promises';
import { openEngine } from './engine.mjs';
import { emitMany } from './grown-log.mjs';

/** @import {Signalbox} from './engine.mjs' */

/** How often the engine is asked how far it is. */
const LOOK_MS = 2;

const WAIT = 'wait: {event: signal, match: {key: "{payload.key}"}}';
const FLOW = `  waiting: {on: wait.asked, steps: [{${WAIT}}]}`;

/**
 * Signalbox with so many runs that wait for an event of one type, each by a key of its own.
 *
 * @param {{ directory: string; dist: string; waits: number }} options
 */
export async function openWaitingFlows({ directory, dist, waits }) {
  const box = await openEngine({ directory, dist }, { flows: [FLOW] });
  await emitMany(box, waits, (n) => ({ type: 'wait.asked', data: `{"key":"wait-${n}"}` }));
  while ((await box.stats()).runs.waiting < waits) await delay(LOOK_MS);
  return box;
}

/**
 * Emits events of the type that is waited for, whose keys nobody waits for; resolves when the
 * router has passed them.
 *
 * @param {Signalbox} box
 * @param {number} events
 */
export async function passSignals(box, events) {
  await emitMany(box, events, (n) => ({ type: 'signal', data: `{"key":"other-${n}"}` }));
  while (box.status().lag > 0) await delay(LOOK_MS);
}

/**
 * Emits the event that each of the runs waits for; resolves when all of them have ended.
 *
 * @param {Signalbox} box
 * @param {number} waits
 */
export async function endWaits(box, waits) {
  await emitMany(box, waits, (n) => ({ type: 'signal', data: `{"key":"wait-${n}"}` }));
  while ((await box.stats()).runs.waiting > 0) await delay(LOOK_MS);
}
