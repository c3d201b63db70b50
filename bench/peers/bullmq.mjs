// @ts-check
import { join } from 'node:path';
import { startRedis } from '../servers/redis.mjs';
import { loadPackage } from './package-loader.mjs';

/**
 * @import {
 *   Setup,
 *   Subject
 * } from '../subjects.mjs'
 */

const CONCURRENCY = 64;

/**
 * BullMQ: a queue in redis, moved along by Lua scripts. Each job is one `add`, or part of one
 * `addBulk`; it is done when the worker has moved it to the completed ones.
 *
 * Durability: `appendfsync always`, so that redis answers after the sync of its append-only file,
 * one sync for all commands that came in meanwhile.
 *
 * @param {Setup} setup
 * @returns {Promise<Subject>}
 */
export async function openBullmq({ directory, onStart, onDone }) {
  const { Queue, Worker } = await loadPackage('bullmq');
  const { Redis } = await loadPackage('ioredis');
  const redis = await startRedis(join(directory, 'redis'));
  const connect = () => new Redis(redis.port, '127.0.0.1', { maxRetriesPerRequest: null });
  const [queueConnection, workerConnection] = [connect(), connect()];
  const queue = new Queue('jobs', {
    connection: queueConnection,
    defaultJobOptions: { removeOnComplete: true },
  });
  const worker = new Worker('jobs', async () => onStart(), {
    connection: workerConnection,
    concurrency: CONCURRENCY,
  });
  worker.on('completed', onDone);
  worker.on('error', () => {});
  await Promise.all([worker.waitUntilReady(), queue.waitUntilReady()]);
  return {
    accept: (job) => queue.add('job', job),
    acceptMany: (jobs) => queue.addBulk(jobs.map((data) => ({ name: 'job', data }))),
    async close() {
      await worker.close(true);
      await queue.close();
      queueConnection.disconnect();
      workerConnection.disconnect();
      await redis.stop();
    },
  };
}
