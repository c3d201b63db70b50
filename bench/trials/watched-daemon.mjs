// @ts-check
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { residentMib } from '../load/disk-usage.mjs';
import { startDaemon } from '../signalbox/daemon.mjs';
import { flowOf, writeConfiguration } from '../signalbox/engine.mjs';
import { makeTree, watchedBy } from '../signalbox/watched-tree.mjs';

const FLOWS = [flowOf('never', { on: 'never', steps: 1, step: 'emit: never' })];
/** How long a daemon is left alone before its memory is looked at. */
const IDLE_MS = 3_000;
const DEBOUNCE_MS = 100;

/**
 * What watching a tree adds to the daemon as a user starts it: until it is ready, at the first
 * start and at a later one, and in memory.
 *
 * @param {{ directory: string; dist: string; files: number }} options
 */
export async function measureWatchedDaemon({ directory, dist, files }) {
  const root = join(directory, 'tree');
  makeTree(root, files);
  await delay(IDLE_MS);
  const data = join(directory, 'data');
  const plain = writeConfiguration(join(directory, 'plain'), FLOWS);
  const watching = writeConfiguration(join(directory, 'watching'), FLOWS, [
    'sources:',
    watchedBy(root, DEBOUNCE_MS),
  ]);
  const without = await measure({ dist, config: plain, data: join(directory, 'without') });
  const first = await measure({ dist, config: watching, data });
  const later = await measure({ dist, config: watching, data });
  return {
    first_s: first.readyS - without.readyS,
    later_s: later.readyS - without.readyS,
    first_mib: first.mib - without.mib,
    later_mib: later.mib - without.mib,
  };
}

/** @param {{ dist: string; config: string; data: string }} options */
async function measure(options) {
  const daemon = await startDaemon(options);
  await delay(IDLE_MS);
  const mib = residentMib(daemon.pid) ?? 0;
  await daemon.stop();
  return { readyS: daemon.readyS, mib };
}
