// @ts-check
import { join } from 'node:path';
import { startPostgres } from '../servers/postgres.mjs';
import { loadPackage } from './package-loader.mjs';

/**
 * @import {
 *   Setup,
 *   Subject
 * } from '../subjects.mjs'
 */
/** @import {Job} from '../load/job.mjs' */

const CONNECTIONS = 20;

/**
 * DBOS: workflows as functions, their inputs, steps and results in PostgreSQL. `startWorkflow` runs
 * them in this process at once, which is faster than its queue; a crash leaves them to recovery. A
 * workflow is done when its result is recorded.
 *
 * Durability: PostgreSQL with an fsync for every commit.
 *
 * @param {Setup} setup
 * @returns {Promise<Subject>}
 */
export async function openDbos({ directory, steps, onStart, onDone }) {
  const { DBOS } = await loadPackage('@dbos-inc/dbos-sdk');
  const postgres = await startPostgres(join(directory, 'postgres'));
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: postgres.url.replace(/postgres$/, 'dbos'),
    systemDatabasePoolSize: CONNECTIONS,
    logLevel: 'error',
    runAdminServer: false,
  });
  /** @param {Job} job */
  const body = async (job) => {
    onStart();
    let value = job.n;
    for (let step = 0; step < steps; step++) {
      const before = value;
      value = await DBOS.runStep(async () => before + 1, { name: `step${step}` });
    }
    return value;
  };
  const workflow = DBOS.registerWorkflow(body, { name: 'workflow' });
  await DBOS.launch();
  return {
    async accept(job) {
      const handle = await DBOS.startWorkflow(workflow)(job);
      void handle.getResult().then(onDone);
    },
    async close() {
      await DBOS.shutdown();
      await postgres.stop();
    },
  };
}
