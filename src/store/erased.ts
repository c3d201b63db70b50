import type { Attribution } from '../events/attribution.ts';
import type { LogRecord, Store } from './contract.ts';

/** What stands in place of a payload that was erased. */
export const payloadText = '{"erased":true}';

/** What the record of an erasure holds. */
export interface ErasedData extends Attribution {
  /** The seq of the event whose payload is gone. */
  readonly seq: number;
  readonly reason: string | null;
  /** What flows made of it, which nobody can find out again. */
  readonly matches: readonly ErasedMatch[];
}

/** One match of the event, without anything that it held. */
export type ErasedMatch =
  | { readonly kind: 'start' | 'filtered' | 'dead'; readonly flow: string }
  /** The key by which it was taken together with others, which their window has too. */
  | { readonly kind: 'gathered'; readonly flow: string; readonly key: string }
  /** The same of a pattern over time, and whether it opens a window there. */
  | {
      readonly kind: 'held';
      readonly flow: string;
      readonly key: string;
      readonly opens: boolean;
    };

/** Reads an `event.erased`. */
export function decodeErased({ data }: Pick<LogRecord, 'data'>): ErasedData {
  return JSON.parse(data) as ErasedData;
}

/** Whether the payload of a record is gone: a sender may say the same that stands in its place. */
export async function isErased(
  store: Pick<Store, 'read'>,
  { seq, data }: Pick<LogRecord, 'seq' | 'data'>,
): Promise<boolean> {
  if (data !== payloadText) return false;
  const query = { after: seq, causation: seq, type: 'event.erased', limit: 1 };
  return (await store.read(query)).length > 0;
}
