// @ts-check
import { makeJob } from './job.mjs';

/** @import {Counter} from './counter.mjs' */
/** @import {Subject} from '../subjects.mjs' */

/** Callers that hand in one job at a time, each the next as soon as its last is acknowledged. */
const PRODUCERS = 64;
/** Jobs in one call where a subject takes many at once; one caller makes these calls. */
const BULK_LENGTH = 500;

/**
 * @typedef {{
 *   total: number;
 *   done: Counter;
 *   openMax?: number;
 * }} Load
 *   `openMax` jobs may be accepted and not yet done
 */

/**
 * How many jobs a second 64 producers get done, from the first call to the last completion.
 *
 * @param {Subject} subject
 * @param {Load} load
 */
export function singleThroughput(subject, load) {
  return throughput(subject, load, {
    callers: PRODUCERS,
    perCall: 1,
    hand: (first) => subject.accept(makeJob(first)),
  });
}

/**
 * The same with 500 jobs a call.
 *
 * @param {Subject} subject
 * @param {Load} load
 */
export function bulkThroughput(subject, load) {
  return throughput(subject, load, {
    callers: 1,
    perCall: BULK_LENGTH,
    hand: (first, count) =>
      subject.acceptMany?.(Array.from({ length: count }, (_, i) => makeJob(first + i))),
  });
}

/**
 * @param {Subject} subject
 * @param {Load} load
 * @param {{
 *   callers: number;
 *   perCall: number;
 *   hand: (first: number, count: number) => Promise<unknown> | undefined;
 * }} calls
 */
async function throughput(subject, { total, done, openMax = total }, { callers, perCall, hand }) {
  const before = done.count;
  let next = 0;
  const call = async () => {
    while (next < total) {
      const first = next;
      next = Math.min(total, first + perCall);
      await hand(first, next - first);
      await done.reaches(before + next - openMax);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: callers }, call));
  await done.reaches(before + total);
  await subject.settled?.();
  return (total / (performance.now() - begun)) * 1_000;
}
