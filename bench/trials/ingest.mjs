// @ts-check
import { randomUUID } from 'node:crypto';
import { makePayload } from '../load/job.mjs';
import { emitAccepted, openGrownLog } from '../signalbox/grown-log.mjs';

const CONCURRENT = 256;
const WARM_UP = 5_000;

/** @import {Signalbox} from '../signalbox/engine.mjs' */

/**
 * Durable emits at the end of a grown log: events without an id of their sender's, and events that
 * each bring a random one, which must be looked up and remembered.
 *
 * @param {{ directory: string; dist: string; events: number }} options
 */
export async function measureIngest({ directory, dist, events }) {
  const box = await openGrownLog({ directory, dist });
  await emitMany(box, WARM_UP, () => ({}));
  const plain = await emitMany(box, events, () => ({}));
  await emitMany(box, WARM_UP, () => ({ id: randomUUID() }));
  const foreign = await emitMany(box, events, () => ({ id: randomUUID() }));
  await box.stop();
  return { plain_per_s: plain, foreign_per_s: foreign };
}

/**
 * @param {Signalbox} box
 * @param {number} total
 * @param {() => { id?: string }} attributes
 */
async function emitMany(box, total, attributes) {
  let n = 0;
  const call = async () => {
    while (n < total) {
      n += 1;
      const draft = { type: 'git.pushed', source: 'github/acme/app', data: makePayload(n) };
      await emitAccepted(box, { ...draft, ...attributes() });
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: CONCURRENT }, call));
  return (total / (performance.now() - begun)) * 1_000;
}
