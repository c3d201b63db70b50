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

const WORKERS = 2;
/** The least that it allows between two looks. */
const POLLING_S = 0.5;
const BATCH_LENGTH = 5_000;
const OPEN_JOBS = `SELECT count(*)::int AS open FROM pgboss.job
  WHERE name = 'jobs' AND state < 'completed'`;

/**
 * Pg-boss: a job queue in PostgreSQL that is polled; notifications wake its workers early. A batch
 * is done when its rows are marked, which it does not say of each job.
 *
 * Durability: PostgreSQL with an fsync for every commit.
 *
 * @param {Setup} setup
 * @returns {Promise<Subject>}
 */
export async function openPgBoss({ directory, onStart, onDone }) {
  const { PgBoss } = await loadPackage('pg-boss');
  const postgres = await startPostgres(join(directory, 'postgres'));
  const connectionString = postgres.url;
  const boss = new PgBoss({ connectionString, max: 10, useListenNotify: true });
  boss.on('error', () => {});
  await boss.start();
  await boss.createQueue('jobs', { notify: true });
  const options = { batchSize: BATCH_LENGTH, pollingIntervalSeconds: POLLING_S };
  /** @param {readonly { data: Job }[]} jobs */
  const handle = async (jobs) => {
    for (const _ of jobs) {
      onStart();
      onDone();
    }
  };
  for (let worker = 0; worker < WORKERS; worker++) await boss.work('jobs', options, handle);
  const pool = await openPool(connectionString, 1);
  return {
    accept: (job) => boss.send('jobs', job),
    acceptMany: (jobs) =>
      boss.insert(
        'jobs',
        jobs.map((data) => ({ data })),
      ),
    settled: () => untilZero(async () => (await pool.query(OPEN_JOBS)).rows[0]?.open),
    async close() {
      await boss.stop({ graceful: false, close: true });
      await pool.end();
      await postgres.stop();
    },
  };
}
