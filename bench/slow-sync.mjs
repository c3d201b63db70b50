// @ts-check
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is added to every fsync and fdatasync: what a cloud volume or a cheap SSD takes. */
const SLOW_SYNC_US = 2_000;

/**
 * The environment in which each sync takes 2 ms longer; undefined where no C compiler can make it.
 * Programs that are linked statically, such as Restate's, do not notice it.
 *
 * @param {string} directory where the library is put
 * @returns {Record<string, string> | undefined}
 */
export function slowSyncEnvironment(directory) {
  if (process.platform !== 'linux') return undefined;
  const source = fileURLToPath(new URL('slow-sync.c', import.meta.url));
  const library = join(directory, 'slow-sync.so');
  const argv = ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'];
  if (spawnSync(process.env['CC'] ?? 'cc', argv).status !== 0) return undefined;
  return { LD_PRELOAD: library, SLOW_SYNC_US: String(SLOW_SYNC_US) };
}
