// @ts-check
import { mkdirSync } from 'node:fs';
import { freePort, reachable, startServer } from './server-process.mjs';

/**
 * A redis that answers a write only after its append-only file was synced. One sync serves all
 * commands that came in meanwhile.
 *
 * @param {string} directory
 */
export async function startRedis(directory) {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const options = {
    port: String(port),
    bind: '127.0.0.1',
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const argv = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await startServer(['redis-server', ...argv], () => reachable(port));
  return { ...server, port };
}
