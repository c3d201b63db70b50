// @ts-check
import { anyForeignId, openGrownLog } from '../signalbox/grown-log.mjs';

const CONCURRENT = 64;
/** In a grown log two of twelve records are those of a run. */
const EVENTS_PER_RECORD = 10 / 12;

/**
 * Reads single events of a grown log by their ids, all over the log: by ids of the log itself,
 * which name the place, and by ids of senders.
 *
 * @param {{ directory: string; dist: string; records: number; durationMs: number }} options
 */
export async function measureReads({ directory, dist, records, durationMs }) {
  const box = await openGrownLog({ directory, dist });
  const { store } = box;
  const own = await readFor(durationMs, async () => {
    const seq = 1 + Math.floor(Math.random() * records);
    return (await store.read({ after: seq - 1, limit: 1 })).length;
  });
  const emitted = Math.floor(records * EVENTS_PER_RECORD * 0.99);
  const foreign = await readFor(durationMs, async () => {
    return (await store.findForeign(anyForeignId(emitted))) === undefined ? 0 : 1;
  });
  await box.stop();
  return { own_per_s: own, foreign_per_s: foreign };
}

/**
 * @param {number} durationMs
 * @param {() => Promise<number>} read how many it found
 */
async function readFor(durationMs, read) {
  let [asked, found] = [0, 0];
  const begun = performance.now();
  const call = async () => {
    while (performance.now() - begun < durationMs) {
      asked += 1;
      const more = await read();
      found += more;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, call));
  const elapsedMs = performance.now() - begun;
  if (found < asked) throw new Error(`${asked - found} of ${asked} events were not found.`);
  return (found / elapsedMs) * 1_000;
}
