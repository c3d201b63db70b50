import type { Store } from '../store/contract.ts';
import type { OwedWindow } from './audit-windows.ts';
import { NO_TALLY, type Tally } from './tally.ts';

/** What an audit knows behind a record: it may go on from there without what is before. */
export interface AuditState {
  /** The record's seq. */
  readonly last: number;
  readonly tally: Tally;
  /** Matches whose run or dead letter has not come yet. */
  readonly owed: readonly string[];
  /** Events that are taken together, of which no record says what became. */
  readonly windows: readonly OwedWindow[];
}

const BEGINNING: AuditState = { last: 0, tally: NO_TALLY, owed: [], windows: [] };

/** What the record of a cut holds of the audit. */
export type AuditSnapshot = Omit<AuditState, 'last'>;

/** Where an audit begins: with the log, or where that was cut. */
export async function stateAtCut(store: Store): Promise<AuditState> {
  const cut = await store.care?.cut();
  if (cut === undefined) return BEGINNING;
  const [record] = await store.readAt([cut.event]);
  if (record === undefined) return { ...BEGINNING, last: cut.last };
  const { audit } = JSON.parse(record.data) as { readonly audit: AuditSnapshot };
  return { last: cut.last, ...audit };
}
