import type { Store } from '../store/contract.ts';
import type { Driver } from './driver.ts';
import { isUndoing } from './position.ts';

const PAGE = 500;

/** What it is done with. */
interface Ways {
  readonly store: Pick<Store, 'branches'>;
  readonly driver: Pick<Driver, 'interrupt'>;
}

/**
 * Tells the steps under way in a run's branches to end, and those in the branches of these. What
 * they did is undone when the run has a slot for that, which may be one that they hold.
 */
export async function interruptBranches(
  ways: Ways,
  parent: number,
  atOnce: boolean,
): Promise<void> {
  for (let after = 0; ;) {
    const rows = await ways.store.branches({ parent, after, limit: PAGE });
    const open = rows.filter(
      ({ ended, branch, at }) => ended === null && branch !== null && !isUndoing(at),
    );
    // All in one turn, so that none of them can have come to its undo, which is to go on.
    for (const { id } of open) ways.driver.interrupt(id, atOnce);
    for (const { id } of open) await interruptBranches(ways, id, atOnce);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.id;
  }
}
