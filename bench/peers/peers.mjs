// @ts-check
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPostgres } from '../servers/postgres.mjs';
import { findRestate } from '../servers/restate.mjs';
import { findRecentNode, isInstalled } from './package-loader.mjs';

/** @import {SubjectName} from '../subjects.mjs' */

/**
 * A peer: what it is, how durable it is here, what it needs, and how many jobs it is given, which
 * is about two seconds' worth; none where it does not do such things.
 *
 * @typedef {{
 *   name: SubjectName;
 *   title: string;
 *   durability: string;
 *   packages: string[];
 *   server: keyof typeof SERVERS;
 *   recentNode?: boolean;
 *   jobs: number;
 *   bulkJobs: number;
 *   flows: number;
 * }} Peer
 */

const POSTGRES = 'PostgreSQL, fsync per commit';

/** @type {readonly Peer[]} */
const PEERS = [
  {
    name: 'bullmq',
    title: 'BullMQ',
    durability: 'redis appendfsync always',
    packages: ['bullmq', 'ioredis'],
    server: 'redis',
    jobs: 20_000,
    bulkJobs: 20_000,
    flows: 0,
  },
  {
    name: 'restate',
    title: 'Restate',
    durability: 'RocksDB, synced WAL',
    packages: ['@restatedev/restate-sdk', '@restatedev/restate-sdk-clients'],
    server: 'restate',
    recentNode: true,
    jobs: 5_000,
    bulkJobs: 0,
    flows: 3_000,
  },
  {
    name: 'dbos',
    title: 'DBOS',
    durability: POSTGRES,
    packages: ['@dbos-inc/dbos-sdk'],
    server: 'postgres',
    jobs: 3_000,
    bulkJobs: 0,
    flows: 1_000,
  },
  {
    name: 'graphile',
    title: 'Graphile Worker',
    durability: POSTGRES,
    packages: ['graphile-worker', 'pg'],
    server: 'postgres',
    recentNode: true,
    jobs: 5_000,
    bulkJobs: 50_000,
    flows: 0,
  },
  {
    name: 'pgboss',
    title: 'pg-boss',
    durability: POSTGRES,
    packages: ['pg-boss', 'pg'],
    server: 'postgres',
    recentNode: true,
    jobs: 5_000,
    bulkJobs: 20_000,
    flows: 0,
  },
];

/** What each server is called where it is missing, and whether it is there. */
const SERVERS = {
  redis: { title: 'redis-server on the PATH', isThere: () => hasProgram('redis-server') },
  postgres: { title: 'PostgreSQL', isThere: () => findPostgres() !== undefined },
  restate: { title: 'the Restate server', isThere: () => findRestate() !== undefined },
};

/**
 * The peers that can be measured here, and a sentence for each that cannot.
 *
 * @returns {{ found: Peer[]; missing: string[] }}
 */
export function findPeers() {
  const missing = PEERS.map((peer) => ({ peer, lacks: lackOf(peer) }));
  return {
    found: missing.filter(({ lacks }) => lacks === undefined).map(({ peer }) => peer),
    missing: missing.flatMap(({ peer, lacks }) =>
      lacks === undefined ? [] : [`${peer.title} is left out: it needs ${lacks}.`],
    ),
  };
}

/** @param {Peer} peer */
function lackOf({ packages, server, recentNode = false }) {
  const absent = packages.find((name) => !isInstalled(name));
  if (absent !== undefined) return `the package ${absent} (npm run bench -- --peers --install)`;
  if (recentNode && findRecentNode() === undefined) return 'Node 22 or later';
  return SERVERS[server].isThere() ? undefined : SERVERS[server].title;
}

/** @param {string} program */
function hasProgram(program) {
  return spawnSync(program, ['--version']).status === 0;
}

/**
 * Installs the packages of the peers.
 *
 * @throws {Error} where npm does not succeed
 */
export function installPeers() {
  const cwd = dirname(fileURLToPath(import.meta.url));
  const argv = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', argv, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`"npm ci" in bench/peers ended with ${status}.`);
}
