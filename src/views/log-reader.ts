import { parseId } from '../events/ids.ts';
import type { Catalog } from '../flows/catalog.ts';
import { catalogPlace } from '../routing/plan.ts';
import { SignalboxError } from '../std/errors.ts';
import type { LogIdentity, LogRecord, Store } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import type { Status } from './engine-view.ts';

/** What views read: the log with its rows, and the catalogs that its events are matched under. */
export interface LogReader {
  readonly store: Store;
  /** The catalog under which the event at a seq is matched, or the one of a hash. */
  catalogAt(place: number | string): Promise<Catalog>;
  /** `lag` is how many records the router has not seen yet. */
  status(): Pick<Status, 'lag' | 'paused'>;
}

/** The last seq that is routed. */
export function routedTo(reader: LogReader): number {
  return reader.store.head() - reader.status().lag;
}

/**
 * The catalog of a seq or a hash, or undefined where the log no longer gives it: it was written by
 * another version, or is damaged. What the log says without it can still be shown.
 */
export async function readableCatalog(
  reader: LogReader,
  place: number | string,
): Promise<Catalog | undefined> {
  try {
    return await reader.catalogAt(place);
  } catch (error) {
    if (error instanceof SignalboxError && error.code.startsWith('catalog.')) return undefined;
    throw error;
  }
}

/** The same of what a record is matched under, which for a window is that of its last event. */
export async function catalogOfRecord(
  reader: LogReader,
  record: LogRecord,
): Promise<Catalog | undefined> {
  return readableCatalog(reader, catalogPlace(record));
}

/** The record at a seq; undefined beyond the head. */
export async function recordAt(store: Store, seq: number): Promise<LogRecord | undefined> {
  const [record] = await store.read({ after: seq - 1, limit: 1 });
  return record?.seq === seq ? record : undefined;
}

/** The seq that an id of this log names, whole or as a bare number; undefined for other ids. */
export function seqOf(identity: LogIdentity, id: string): number | undefined {
  const parsed = parseId(id);
  if (parsed === undefined) return undefined;
  return parsed.logId === undefined || idOf(identity, parsed.seq) === id ? parsed.seq : undefined;
}
