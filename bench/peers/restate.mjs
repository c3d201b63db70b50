// @ts-check
import { join } from 'node:path';
import { assertOk, startRestate } from '../servers/restate.mjs';
import { loadPackage } from './package-loader.mjs';
import { untilZero } from './until-zero.mjs';

/**
 * @import {
 *   Setup,
 *   Subject
 * } from '../subjects.mjs'
 */
/** @import {Job} from '../load/job.mjs' */

const OPEN_JOBS = `SELECT count(*) AS open FROM sys_invocation WHERE status <> 'completed'`;

/**
 * Restate: a server that journals the steps of handlers and calls them over HTTP/2. A job is one
 * `send` through its ingress, counted as done when its handler ends; in the end the server is asked
 * whether it has recorded that of all.
 *
 * Durability: RocksDB with a synced write-ahead log, one sync for all that came in meanwhile.
 *
 * @param {Setup} setup
 * @returns {Promise<Subject>}
 */
export async function openRestate({ directory, steps, onStart, onDone }) {
  const restate = await loadPackage('@restatedev/restate-sdk');
  const clients = await loadPackage('@restatedev/restate-sdk-clients');
  const server = await startRestate(join(directory, 'restate'));
  const service = restate.service({
    name: 'jobs',
    handlers: { run: handlerOf({ steps, onStart, onDone }), ping: async () => true },
  });
  const port = await restate.serve({ services: [service], port: 0, logger: () => {} });
  await register(server.admin, `http://127.0.0.1:${port}`);

  const ingress = clients.connect({ url: server.ingress });
  await ingress.serviceClient({ name: 'jobs' }).ping();
  const sender = ingress.serviceSendClient({ name: 'jobs' });
  return {
    accept: (job) => sender.run(job),
    settled: () => untilZero(() => countOpen(server.admin)),
    close: () => server.stop(),
  };
}

/** @param {{ steps: number; onStart: () => void; onDone: () => void }} options */
function handlerOf({ steps, onStart, onDone }) {
  /**
   * @param {{ run(name: string, action: () => number): Promise<number> }} context
   * @param {Job} job
   */
  return async (context, job) => {
    onStart();
    let value = job.n;
    for (let step = 0; step < steps; step++) {
      const before = value;
      value = await context.run(`step${step}`, () => before + 1);
    }
    onDone();
    return value;
  };
}

/**
 * Tells the server where the handlers are.
 *
 * @param {string} admin
 * @param {string} uri
 */
async function register(admin, uri) {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ uri });
  await assertOk(fetch(`${admin}/deployments`, { method: 'POST', headers, body }));
}

/**
 * How many jobs the server has not recorded as completed.
 *
 * @param {string} admin
 */
async function countOpen(admin) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const body = JSON.stringify({ query: OPEN_JOBS });
  const response = await assertOk(fetch(`${admin}/query`, { method: 'POST', headers, body }));
  const answer = /** @type {{ rows: { open: number }[] }} */ (await response.json());
  return answer.rows[0]?.open;
}
