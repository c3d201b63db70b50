import { OWN_SOURCE } from '../events/event.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { viewWithRuns } from './event-view.ts';
import { type Fate, fateOfEvent, fatesOf } from './fate.ts';
import type { LogReader } from './log-reader.ts';

/** An event of the history: what happened, and what became of it. Its data is left out. */
export interface PastEvent {
  readonly id: string;
  readonly seq: number;
  /** When we received it, ISO 8601. */
  readonly time: string;
  readonly type: string;
  readonly source: string;
  /** What became of it at each flow that listens to it. */
  readonly fates: readonly Fate[];
  /** The same in a sentence, without its full stop. */
  readonly fate: string;
}

export interface HistoryQuery {
  readonly limit: number;
  /** Only events with a lower seq. */
  readonly before?: number | undefined;
}

export interface HistoryPage {
  readonly items: readonly PastEvent[];
  /** The `before` of the next page; null where this is the last. */
  readonly next: number | null;
}

/** Records that are read at once. */
const PAGE = 200;
/** Records that one page of the history passes over before it ends early: those of the runs. */
const SCANNED_MAX = 20_000;

/** The latest events, newest first, without the records that runs make of themselves. */
export async function readHistory(
  reader: LogReader,
  { limit, before = reader.store.head() + 1 }: HistoryQuery,
): Promise<HistoryPage> {
  const items: PastEvent[] = [];
  const last = Math.max(1, before - SCANNED_MAX);
  for await (const record of newestFirst(reader.store, before, last)) {
    if (record.stream !== null) continue;
    items.push(await pastEvent(reader, record));
    if (items.length === limit) return { items, next: record.seq > 1 ? record.seq : null };
  }
  return { items, next: last > 1 ? last : null };
}

async function* newestFirst(store: Store, before: number, last: number): AsyncGenerator<LogRecord> {
  for (let until = before - 1; until >= last;) {
    const records = await store.read({ after: last - 1, until, limit: PAGE, newestFirst: true });
    yield* records;
    until = (records.at(-1)?.seq ?? last) - 1;
  }
}

async function pastEvent(reader: LogReader, record: LogRecord): Promise<PastEvent> {
  const found = await viewWithRuns(reader, record);
  const { id, seq, received, type } = found.event;
  const fates = fatesOf(found, reader.store.identity);
  return {
    id,
    seq,
    time: received,
    type,
    source: record.source ?? OWN_SOURCE,
    fates,
    fate: fateOfEvent(fates, { seq, routed: found.routed }),
  };
}
