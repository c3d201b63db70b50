import type { Event } from '../../events/event.ts';
import type { CommitSignal } from '../../store/commit-signal.ts';
import type { Store } from '../../store/contract.ts';
import { toEvent } from '../../store/record.ts';

/** Which events a stream yields. */
export interface StreamOptions {
  /** Behind this seq, 0 for the whole log; where the log ends if left out. */
  readonly after?: number | undefined;
  /** A type of events, or what types begin with and `*`; all where it is left out. */
  readonly type?: string | undefined;
}

/** What a stream is read from. */
export interface StreamSource {
  readonly store: Store;
  readonly commits: Pick<CommitSignal, 'next'>;
  /** Ends the stream. */
  readonly stopping: AbortSignal;
}

/** Records that one reading yields. */
const PAGE = 100;
/** How often is looked where no commit tells of it. */
const LOOK_MS = 60_000;

/** Why nobody can begin behind this; undefined where one can. */
export function afterProblem(after: number | undefined): string | undefined {
  if (after === undefined || (Number.isSafeInteger(after) && after >= 0)) return undefined;
  return `"after" is ${String(after)}, and no seq: give a whole number from 0 on.`;
}

/**
 * The log from a seq on, and then what is added to it. It is pulled by its reader: a slow one gets
 * from the store what it missed, so it costs no memory and misses nothing.
 */
export async function* streamOf(
  { store, commits, stopping }: StreamSource,
  { after, type }: StreamOptions,
): AsyncGenerator<Event, void, undefined> {
  let at = after ?? store.head();
  while (!stopping.aborted) {
    const head = store.head();
    const records = head > at ? await store.read({ after: at, limit: PAGE, type }) : [];
    for (const record of records) {
      if (stopping.aborted) return;
      yield toEvent(record, store.identity);
      at = record.seq;
    }
    if (records.length > 0) continue;
    at = Math.max(at, head);
    if (store.head() === at) await commits.next(LOOK_MS, stopping);
  }
}
