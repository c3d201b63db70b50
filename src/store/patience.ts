import { type Clock, delay } from '../std/clock.ts';
import type { AppendResult, Store, Unit } from './contract.ts';

/** How long what must be written waits before it asks a full disk again. */
export const FULL_RETRY_MS = 500;

/**
 * Appends, and goes on asking while the disk is full: for results that exist only in memory and
 * must not be lost. Gives up with `full` when `signal` is aborted.
 */
export async function appendPatiently(
  store: Store,
  unit: Unit,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<AppendResult> {
  for (;;) {
    const result = await store.append(unit);
    if (result.kind !== 'full' || signal.aborted) return result;
    await delay(clock, FULL_RETRY_MS, signal);
  }
}
