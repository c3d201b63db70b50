import type { LogRecord } from '../../../src/store/contract.ts';

/** Payload characters after which a page of the log ends. */
const PAGE_LENGTH_MAX = 8_388_608;

/** How many of the records fit on a page: at least one. */
export function fittingCount(records: readonly LogRecord[]): number {
  let length = 0;
  const last = records.findIndex(({ data }) => (length += data.length) > PAGE_LENGTH_MAX);
  return last === -1 ? records.length : last + 1;
}

/** Whether a type is the wanted one, or begins as it does before its star. */
export function isOfType(type: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}
