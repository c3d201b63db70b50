import { decodeWindow } from '../routing/window.ts';
import type { LaneRow, LogRecord, Store } from '../store/contract.ts';
import { flowOfLane } from '../runs/lane.ts';
import { isBranchLane } from '../runs/lane-names.ts';
import { type Clock, delay } from '../std/clock.ts';
import type { Parts } from './parts.ts';
import type { Remainder } from './remainder.ts';

/** How often it is looked whether anything is left to do. */
const LOOK_MS = 50;
/** Records that one reading yields. */
const PAGE = 1_000;

/** The parts that are looked at. */
type Observed = Pick<Parts, 'store' | 'router' | 'sources' | 'pausing'>;

/**
 * Resolves once the sources have told what they missed and all that came of it has ended; `since`
 * is where the log ended when the daemon began. What comes meanwhile is done too.
 */
export async function untilDone(
  parts: Observed,
  { since, clock }: { readonly since: number; readonly clock: Clock },
): Promise<Remainder> {
  await parts.sources.opened();
  // Between two commits of one chain nothing seems to be left: only twice in a row counts.
  for (let quiet = 0; quiet < 2;) {
    await delay(clock, LOOK_MS);
    quiet = (await isQuiet(parts)) ? quiet + 1 : 0;
  }
  const lanes = await parts.store.lanes();
  return {
    failed: await failuresSince(parts, since),
    held: lanes.reduce((sum, lane) => sum + lane.open.paused + heldIn(lane, parts), 0),
    deaf: parts.sources.views().flatMap(({ name, state }) => (state === 'degraded' ? [name] : [])),
  };
}

async function isQuiet(parts: Observed): Promise<boolean> {
  const { store, router } = parts;
  if (router.at < store.head() || store.pending() > 0) return false;
  if (await areGathering(store)) return false;
  const lanes = await store.lanes();
  const left = lanes.reduce((sum, lane) => {
    const { queued, running, waiting } = lane.open;
    return sum + queued + running + waiting - heldIn(lane, parts);
  }, 0);
  return left === 0 && router.at === store.head();
}

/** Whether a window is open that will start a run whatever comes: a pattern's may never do so. */
async function areGathering(store: Store): Promise<boolean> {
  for (let after; ;) {
    const rows = await store.windows({ limit: PAGE, after });
    if (rows.some((row) => decodeWindow(row).pattern === undefined)) return true;
    after = rows.at(-1);
    if (after === undefined) return false;
  }
}

/** Queued runs that a pause keeps from beginning. */
function heldIn({ lane, open }: LaneRow, { pausing }: Observed): number {
  if (isBranchLane(lane)) return 0;
  const flow = flowOfLane(lane);
  const isHeld = pausing.holdsAll || pausing.all.some((pause) => pause.flow === flow);
  return isHeld ? open.queued : 0;
}

const FAILURES = ['run.failed', 'event.dead_lettered'] as const;

async function failuresSince({ store }: Observed, since: number): Promise<number> {
  let count = 0;
  for (const type of FAILURES) {
    for (let after = since; ;) {
      const page: readonly LogRecord[] = await store.read({ after, limit: PAGE, type });
      count += page.length;
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.seq;
    }
  }
  return count;
}
