// @ts-check
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startServer } from './server-process.mjs';

const peers = fileURLToPath(new URL('../peers/package.json', import.meta.url));

/** Two partitions: on two cores faster in every respect than the 24 that it has by default. */
const PARTITIONS = 2;

/**
 * The server's program; undefined where npm did not install it.
 *
 * @returns {string | undefined}
 */
export function findRestate() {
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}/package.json`;
  try {
    return join(createRequire(peers).resolve(name), '..', 'bin', 'restate-server');
  } catch {
    return undefined;
  }
}

/**
 * A single node of Restate: its log is RocksDB with a synced write-ahead log, as shipped.
 *
 * @param {string} directory
 */
export async function startRestate(directory) {
  const program = findRestate();
  if (program === undefined) throw new Error('The Restate server is not installed.');
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...process.env,
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_DEFAULT_NUM_PARTITIONS: String(PARTITIONS),
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
    RUST_LOG: 'error',
  };
  const argv = ['--no-logo', '--base-dir', directory, '--listen-mode', 'tcp'];
  const isReady = () => assertOk(fetch(`http://127.0.0.1:${admin}/health`));
  const server = await startServer([program, ...argv], isReady, { env });
  return { ...server, ingress: `http://127.0.0.1:${ingress}`, admin: `http://127.0.0.1:${admin}` };
}

/**
 * The answer, where it is none of an error.
 *
 * @param {Promise<Response>} request
 */
export async function assertOk(request) {
  const response = await request;
  if (!response.ok) throw new Error(`It answered ${response.status}.`);
  return response;
}
