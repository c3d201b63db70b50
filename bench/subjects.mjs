// @ts-check

/** @import {Job} from './load/job.mjs' */

/**
 * Something that takes jobs durably and has them handled.
 *
 * @typedef {{
 *   accept: (job: Job) => Promise<unknown>;
 *   acceptMany?: (jobs: readonly Job[]) => Promise<unknown>;
 *   settled?: () => Promise<unknown>;
 *   close: () => Promise<unknown>;
 * }} Subject
 *   `accept` resolves when the job is durable; `settled`, where the subject does not say so of each
 *   job, when it has recorded the completion of all.
 *
 * @typedef {{
 *   directory: string;
 *   dist: string;
 *   steps: number;
 *   onStart: () => void;
 *   onDone: () => void;
 * }} Setup
 *   The handler calls `onStart` as it begins; `steps` are recorded steps within it, 0 for a plain
 *   handler; `onDone` is called when the completion is recorded, or where only `settled` tells
 *   that, when the handler ends.
 */

/** Every subject with how it is opened. The peers load packages that may not be installed. */
const OPENERS = {
  signalbox: async () => (await import('./signalbox/dispatcher.mjs')).openSignalboxDispatcher,
  raw: async () => (await import('./raw/dispatcher.mjs')).openRawDispatcher,
  bullmq: async () => (await import('./peers/bullmq.mjs')).openBullmq,
  dbos: async () => (await import('./peers/dbos.mjs')).openDbos,
  graphile: async () => (await import('./peers/graphile-worker.mjs')).openGraphileWorker,
  pgboss: async () => (await import('./peers/pg-boss.mjs')).openPgBoss,
  restate: async () => (await import('./peers/restate.mjs')).openRestate,
};

/** @typedef {keyof typeof OPENERS} SubjectName */

/**
 * Starts a subject with all that it needs.
 *
 * @param {SubjectName} name
 * @param {Setup} setup
 * @returns {Promise<Subject>}
 */
export async function openSubject(name, setup) {
  const open = await OPENERS[name]();
  return open(setup);
}
