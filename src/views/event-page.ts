import type { LogRecord, Store } from '../store/contract.ts';
import { type EventDetail, type EventView, viewEvent, viewEventDetail } from './event-view.ts';
import { type LogReader, recordAt, seqOf } from './log-reader.ts';

/** Which events to list, in the order of the log unless `newest` comes first. */
export interface EventPageQuery {
  readonly limit: number;
  /** Only events with a higher seq. */
  readonly after?: number | undefined;
  /** Only events with a lower seq. */
  readonly before?: number | undefined;
  /** A type, or a prefix that ends in `*`. */
  readonly type?: string | undefined;
  readonly newest?: boolean | undefined;
}

export interface EventPage {
  readonly items: readonly EventView[];
  /** The `after` (with `newest`, the `before`) of the next page; null where this is the last. */
  readonly next: number | null;
}

/** One page of events with what became of each; shorter than `limit` where they are large. */
export async function readEvents(reader: LogReader, query: EventPageQuery): Promise<EventPage> {
  const records = await readRecords(reader.store, query);
  const last = records.at(-1)?.seq;
  const items: EventView[] = [];
  for (const record of records) items.push(await viewEvent(reader, record));
  if (last === undefined) return { items, next: null };
  const rest = { ...query, limit: 1, ...(query.newest ? { before: last } : { after: last }) };
  const more = await readRecords(reader.store, rest);
  return { items, next: more.length === 0 ? null : last };
}

/** The event with this id, ours or its sender's; undefined where there is none. */
export async function findEvent(reader: LogReader, id: string): Promise<EventDetail | undefined> {
  const record = await findRecord(reader.store, id);
  return record === undefined ? undefined : viewEventDetail(reader, record);
}

function readRecords(store: Store, query: EventPageQuery): Promise<LogRecord[]> {
  const { limit, type, after = 0, newest = false, before } = query;
  const until = before === undefined ? undefined : before - 1;
  return store.read({ after, limit, type, until, newestFirst: newest });
}

/**
 * The record with this id. A sender's id may look like a number: it is asked first, unless the id
 * names this log.
 */
export async function findRecord(store: Store, id: string): Promise<LogRecord | undefined> {
  const seq = seqOf(store.identity, id);
  const own = seq === undefined ? undefined : () => recordAt(store, seq);
  if (own !== undefined && !/^\d+$/.test(id)) return own();
  return (await store.findForeign(id)) ?? own?.();
}
