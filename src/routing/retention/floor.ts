import type { Store } from '../../store/contract.ts';
import { decodeWindow, seqsOf } from '../window.ts';

/** Windows that are read at once. */
const PAGE = 1_000;

/**
 * The last seq that every one of these consumers has seen, as its checkpoint says: what it has seen
 * since it would see again after a crash.
 */
export async function seenByAll(store: Store, consumers: readonly string[]): Promise<number> {
  const checkpoints = await Promise.all(consumers.map((name) => store.checkpoint(name)));
  return Math.min(store.head(), ...checkpoints.map(({ seq }) => seq));
}

/** The last seq that no open window holds; `most` where there is none below it. */
export async function belowWindows(store: Store, most: number): Promise<number> {
  let floor = most;
  for (let after; ;) {
    const rows = await store.windows({ limit: PAGE, after });
    for (const row of rows) {
      const [first = floor + 1] = seqsOf(decodeWindow(row));
      floor = Math.min(floor, first - 1);
    }
    after = rows.at(-1);
    if (after === undefined) return floor;
  }
}
