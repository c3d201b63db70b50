import { parseId } from '../events/ids.ts';
import type { Catalog } from '../flows/catalog.ts';
import type { LogIdentity, LogRecord, Store } from '../store/contract.ts';
import { idOf } from '../store/record.ts';

/** What views read: the log with its rows, and the catalogs that its events were matched under. */
export interface LogReader {
  readonly store: Store;
  /** The catalog in force at a seq; undefined before the first activation. */
  catalogAt(seq: number): Promise<Catalog | undefined>;
}

/** The consumer that turns events into runs: what lies behind its checkpoint is routed. */
export const ROUTER = 'router';

/** The record at a seq; undefined beyond the head. */
export async function recordAt(store: Store, seq: number): Promise<LogRecord | undefined> {
  const [record] = await store.read({ after: seq - 1, limit: 1 });
  return record?.seq === seq ? record : undefined;
}

/** The seq that an id of this log names, as shown or as a bare number; undefined for any other id. */
export function seqOf(identity: LogIdentity, id: string): number | undefined {
  const parsed = parseId(id);
  if (parsed === undefined) return undefined;
  return parsed.logId === undefined || idOf(identity, parsed.seq) === id ? parsed.seq : undefined;
}
