// @ts-check
import { directoryBytes } from '../load/disk-usage.mjs';
import { growLog, openGrownLog } from '../signalbox/grown-log.mjs';

/**
 * Makes a log of so many records, and says on standard error how far it is.
 *
 * @param {{ directory: string; dist: string; records: number }} options
 */
export async function measureGrowth({ directory, dist, records }) {
  const box = await openGrownLog({ directory, dist });
  const begun = performance.now();
  const progress = (/** @type {number} */ done) => {
    process.stderr.write(`progress ${done} ${records}\n`);
  };
  await growLog(box, { records, progress });
  const elapsedS = (performance.now() - begun) / 1_000;
  await box.stop();
  return { records, build_s: elapsedS, bytes: directoryBytes(directory) };
}
