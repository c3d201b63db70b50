import type { StorageView } from '../routing/retention/retention.ts';
import { formatByteSize } from '../std/byte-size.ts';

/** What the store takes up, of how much, and where its log begins; null where nobody counts. */
export function describeStorage({ used, budget, trimmed }: StorageView): string | null {
  if (used === null) return null;
  const of = budget === null ? '' : ` of ${formatByteSize(budget)}`;
  const from = trimmed === 0 ? '' : `, the log begins behind event ${trimmed}`;
  return `${formatByteSize(used)}${of}${from}`;
}
