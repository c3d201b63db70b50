import type { Json } from '../../src/std/json.ts';
import type { RecordDraft } from '../../src/store/contract.ts';

/** Where a record comes from. */
export interface RecordOrigin {
  /** Null for Signalbox itself. */
  readonly source?: string | null;
  readonly hops?: number;
  readonly received?: number;
}

/** A record as the log holds it. */
export function recordOf(
  type: string,
  data: Json,
  { source = null, hops = 0, received = 0 }: RecordOrigin = {},
): RecordDraft {
  return {
    type,
    version: 1,
    source,
    id: null,
    subject: null,
    received,
    correlation: 'c',
    causation: null,
    hops,
    attributes: null,
    data: JSON.stringify(data),
  };
}
