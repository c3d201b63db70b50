import { SignalboxError } from '../std/errors.ts';
import type { RunRow, Store } from '../store/contract.ts';
import type { Forks } from './forks.ts';
import { decodeJournal, type JournalEvent } from './journal.ts';
import { Motion } from './motion.ts';
import { type Reached, reachedBy } from './move-rules.ts';
import { movedRecords } from './moved-records.ts';

/** A run that something is to be done to. */
export interface TakenUp {
  readonly motion: Motion;
  /** What its records say of its steps, where its flow is lost. */
  readonly reached?: Reached | undefined;
}

/**
 * Takes up a run for what a person does to it. One that nobody else can take up, since its flow is
 * lost, is given where that can be done blindly: its motion then knows no step.
 */
export async function takeUp(
  row: RunRow,
  { store, forks }: { readonly store: Store; readonly forks: Forks },
  { isBlind = false }: { readonly isBlind?: boolean | undefined },
): Promise<TakenUp | undefined> {
  try {
    return { motion: await forks.takeUp(row) };
  } catch (error) {
    if (!isLost(error)) throw error;
    const records = isBlind ? await store.readStream(row.id) : [];
    const [event] = records;
    if (event === undefined) return undefined;
    const { id, version, ...run } = row;
    const flow = { name: row.flow, triggers: [], steps: [] };
    const { identity } = store;
    const motion = Motion.resumed({ id, version, run }, { flow, event, identity }, []);
    return { motion, reached: reachedBy(movedRecords(records)) };
  }
}

/**
 * The last of a run's records, but for a move to another catalog behind which it goes on as it was
 * before.
 */
export async function lastOf(
  { id, version, ended }: RunRow,
  store: Pick<Store, 'readAt' | 'readStream'>,
): Promise<JournalEvent | undefined> {
  const [last] = (await store.readAt([version])).map(decodeJournal);
  if (last?.type !== 'run.moved' || last.anew === true || ended !== null) return last;
  const records = movedRecords(await store.readStream(id));
  return records
    .map(decodeJournal)
    .findLast((entry) => entry?.type !== last.type || entry.anew === true);
}

/** Whether a run cannot be taken up by this version, and not since the store is in trouble. */
function isLost(error: unknown): boolean {
  return error instanceof SignalboxError && LOST.has(error.code);
}

const LOST: ReadonlySet<string> = new Set([
  'run.unreadable',
  'catalog.unknown',
  'catalog.unreadable',
]);
