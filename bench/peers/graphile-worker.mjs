// @ts-check
import { join } from 'node:path';
import { startPostgres } from '../servers/postgres.mjs';
import { openPool } from './connection-pool.mjs';
import { loadPackage } from './package-loader.mjs';
import { untilZero } from './until-zero.mjs';

/**
 * @import {
 *   Setup,
 *   Subject
 * } from '../subjects.mjs'
 */
/** @import {Job} from '../load/job.mjs' */

/**
 * Its fastest settings: a local queue takes 500 jobs from the database at once, and completions
 * share a statement.
 */
const WORKER = {
  concurrentJobs: 64,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};
const CONNECTIONS = 12;
const OPEN_JOBS = 'SELECT count(*)::int AS open FROM graphile_worker._private_jobs';

/**
 * Graphile Worker: a job queue in PostgreSQL, woken by LISTEN/NOTIFY. A job is done when its row is
 * gone; with completions in batches it does not say so of each.
 *
 * Durability: PostgreSQL with an fsync for every commit.
 *
 * @param {Setup} setup
 * @returns {Promise<Subject>}
 */
export async function openGraphileWorker({ directory, onStart, onDone }) {
  const { Logger, makeWorkerUtils, run } = await loadPackage('graphile-worker');
  const logger = new Logger(() => () => {});
  const postgres = await startPostgres(join(directory, 'postgres'));
  const workerPool = await openPool(postgres.url, CONNECTIONS);
  const callerPool = await openPool(postgres.url, CONNECTIONS);
  const task = async () => {
    onStart();
    onDone();
  };
  const runner = await run({
    pgPool: workerPool,
    preset: { worker: WORKER },
    logger,
    noHandleSignals: true,
    taskList: { job: task },
  });
  const utils = await makeWorkerUtils({ pgPool: callerPool, logger });
  return {
    accept: (job) => utils.addJob('job', job),
    acceptMany: (jobs) => utils.addJobs(jobs.map(toJobSpec)),
    settled: () => untilZero(async () => (await callerPool.query(OPEN_JOBS)).rows[0]?.open),
    async close() {
      await runner.stop();
      await utils.release();
      await Promise.all([workerPool.end(), callerPool.end()]);
      await postgres.stop();
    },
  };
}

/** @param {Job} payload */
function toJobSpec(payload) {
  return { identifier: 'job', payload };
}
