import type { RunRow, Store } from '../store/contract.ts';
import { type OpenWait, waitOf } from './wait-record.ts';

/** Lanes, and rows, of one reading. */
const LANES = 500;
const PAGE = 1_000;

/**
 * The waits that are open and stand in the log up to `until`: each is the last record of a run that
 * rests. Costs what the open runs cost.
 */
export async function loadWaits(
  store: Pick<Store, 'lanes' | 'runsInLanes' | 'readAt'>,
  until: number,
): Promise<OpenWait[]> {
  const all = (await store.lanes()).filter(({ open }) => open.waiting > 0);
  const waits: OpenWait[] = [];
  for (let from = 0; from < all.length; from += LANES) {
    const lanes = all.slice(from, from + LANES).map(({ lane }) => lane);
    for (let after = 0; ;) {
      const rows = await store.runsInLanes({ lanes, after, limit: PAGE });
      waits.push(...(await waitsOf(store, rows, until)));
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.id;
    }
  }
  return waits;
}

async function waitsOf(
  store: Pick<Store, 'readAt'>,
  rows: readonly RunRow[],
  until: number,
): Promise<OpenWait[]> {
  const resting = rows.filter(({ state, version }) => state === 'waiting' && version <= until);
  if (resting.length === 0) return [];
  const records = await store.readAt(resting.map(({ version }) => version));
  return records.flatMap((record) => waitOf(record) ?? []);
}
