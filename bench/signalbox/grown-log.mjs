// @ts-check
import { createHash } from 'node:crypto';
import { makePayload } from '../load/job.mjs';
import { flowOf, openEngine } from './engine.mjs';

/** @import {Signalbox} from './engine.mjs' */

const CONCURRENT = 512;

/** The flow of a grown log; a built-in step, so that the daemon can open the log too. */
export const GROWN_FLOWS = [flowOf('work', { on: 'job.requested', steps: 1, step: 'sleep: 0s' })];

/**
 * Opens a log that `growLog` made, or will make.
 *
 * @param {import('./engine.mjs').Place} place
 */
export function openGrownLog(place) {
  return openEngine(place, { flows: GROWN_FLOWS });
}

/**
 * Emits until the log has so many records: of ten events one brings an id of its sender's, and one
 * starts a run.
 *
 * @param {Signalbox} box
 * @param {{ records: number; progress: (done: number) => void }} options
 */
export async function growLog(box, { records, progress }) {
  let n = 0;
  const call = async () => {
    while (box.store.head() < records) {
      n += 1;
      await emitAccepted(box, grownDraft(n));
      if (n % 10_000 === 0) progress(box.store.head());
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, call));
}

/** @param {number} n */
function grownDraft(n) {
  const draft = { type: 'git.pushed', source: 'github/acme/app', data: makePayload(n) };
  if (n % 10 === 3) return { ...draft, id: foreignId(n) };
  return n % 10 === 7 ? { ...draft, type: 'job.requested' } : draft;
}

/**
 * An id such as GitHub's deliveries have, which looks random and can be made again.
 *
 * @param {number} n
 */
export function foreignId(n) {
  return createHash('sha256').update(String(n)).digest('hex').slice(0, 32);
}

/**
 * The id of one of the events that `growLog` gave one to.
 *
 * @param {number} events how many it emitted
 */
export function anyForeignId(events) {
  return foreignId(Math.floor((Math.random() * events) / 10) * 10 + 3);
}

/**
 * @param {Signalbox} box
 * @param {Parameters<Signalbox['emit']>[0]} draft
 */
export async function emitAccepted(box, draft) {
  const { kind } = await box.emit(draft);
  if (kind !== 'accepted') throw new Error(`An event was ${kind}.`);
}

/**
 * Emits so many events, numbered from 1, many at once.
 *
 * @param {Signalbox} box
 * @param {number} total
 * @param {(n: number) => { type: string; data: string }} draftOf
 */
export async function emitMany(box, total, draftOf) {
  let n = 0;
  const call = async () => {
    while (n < total) {
      n += 1;
      await emitAccepted(box, { source: 'bench', ...draftOf(n) });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, call));
}
