import { decodeJournal } from '../runs/journal.ts';
import type { RunRow, Store } from '../store/contract.ts';
import { idOf } from '../store/record.ts';

/**
 * What the idempotency keys of a run's steps begin with: its id, or for a branch the key of its
 * run's step and its own place, as `RUN/STEP[INDEX]`.
 */
export async function keyOf(store: Store, row: RunRow): Promise<string> {
  const { parent, fork, branch } = row;
  const own = idOf(store.identity, row.id);
  if (parent === null || branch === null) return own;
  const [above, records] = await Promise.all([store.run(parent), store.readStream(parent)]);
  const forked = records.find(({ prev, type }) => type === 'step.forked' && prev === fork);
  const entry = forked === undefined ? undefined : decodeJournal(forked);
  if (above === undefined || entry?.type !== 'step.forked') return own;
  return `${await keyOf(store, above)}/${entry.step}[${branch}]`;
}
