import type { MakeLog } from '../engine/durable-log.ts';
import { tellWaits } from './wait-story.ts';

/** What the seeds came to, so that a test sees that they were worth telling. */
export interface WaitSeeds {
  readonly taken: number;
  readonly crashes: number;
}

/**
 * Tells one story of waits after the other, or the one that `SEED` names.
 *
 * @throws Error at the first seed in which an event was missed, or taken twice.
 */
export async function checkWaitSeeds(
  { from, count }: { readonly from: number; readonly count: number },
  makeLog?: MakeLog,
): Promise<WaitSeeds> {
  const asked = process.env['SEED'];
  const [first, last] = asked === undefined ? [from, from + count] : [+asked, +asked + 1];
  let taken = 0;
  let crashes = 0;
  for (let seed = first; seed < last; seed++) {
    const story = await tellWaits(seed, makeLog);
    if (story.problems.length > 0) throw new Error(`seed ${seed}: ${story.problems.join('; ')}`);
    taken += story.taken;
    crashes += story.crashes;
  }
  return { taken, crashes };
}
