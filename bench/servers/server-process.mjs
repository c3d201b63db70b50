// @ts-check
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a server may take to begin, and to end once it was told to. */
const START_MS = 60_000;
const STOP_MS = 10_000;

/**
 * Runs beside the server and ends it when the process that wanted it ends, however that comes
 * about: then the pipe to its standard input closes. PostgreSQL waits for its clients on the one
 * signal and not on the other; what a shell starts behind itself may ignore the other one.
 */
const GUARD = `
  exec 3<&0
  "$@" </dev/null & server=$!
  (cat <&3 >/dev/null; kill -INT $server; kill -TERM $server) 2>/dev/null &
  wait $server
`;

/**
 * A server that a peer needs, for as long as a trial takes.
 *
 * @typedef {{ pid: number; stop: () => Promise<void> }} Server
 */

/**
 * Starts a server, and resolves when `isReady` does not throw any more.
 *
 * @param {readonly string[]} command the program and its arguments
 * @param {() => Promise<unknown>} isReady
 * @param {{ env?: NodeJS.ProcessEnv; uid?: number }} [options]
 * @returns {Promise<Server>}
 */
export async function startServer(command, isReady, { env = process.env, uid } = {}) {
  /** @type {string[]} */
  const said = [];
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn('sh', ['-c', GUARD, 'guard', ...command], {
    ...identity,
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  child.stderr.on('data', (chunk) => {
    if (said.length < 50) said.push(String(chunk));
  });
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  await untilReady(isReady, () => {
    if (child.exitCode === null) return;
    throw new Error(`${command[0]} ended with ${child.exitCode}: ${said.join('').slice(-500)}`);
  });
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.stdin.end();
      await Promise.race([ended, delay(STOP_MS)]);
      killGroup(child.pid);
    },
  };
}

/**
 * @param {() => Promise<unknown>} isReady
 * @param {() => void} check
 */
async function untilReady(isReady, check) {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      await isReady();
      return;
    } catch (error) {
      check();
      if (performance.now() > deadline) throw error;
      await delay(20);
    }
  }
}

/** @param {number | undefined} pid */
function killGroup(pid) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself, as it should.
  }
}

/** A port of this machine that nobody listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * Throws for as long as nobody listens on the port.
 *
 * @param {number} port
 */
export function reachable(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.end();
      resolve(undefined);
    });
    socket.once('error', reject);
  });
}
