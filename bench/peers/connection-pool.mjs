// @ts-check
import { loadPackage } from './package-loader.mjs';

/**
 * A pool of connections to PostgreSQL that takes the server's end calmly: it comes while some of
 * its connections are still being closed.
 *
 * @param {string} connectionString
 * @param {number} max
 */
export async function openPool(connectionString, max) {
  const { default: pg } = await loadPackage('pg');
  const pool = new pg.Pool({ connectionString, max });
  pool.on('error', () => {});
  /** @param {{ on(name: 'error', listener: () => void): void }} client */
  const watch = (client) => client.on('error', () => {});
  pool.on('connect', watch);
  return pool;
}
