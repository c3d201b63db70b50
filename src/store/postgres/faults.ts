import { type Clock, delay } from '../../std/clock.ts';
import { backoff } from '../../std/backoff.ts';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import { systemRandom } from '../../std/random.ts';

/** How long what was begun is repeated while PostgreSQL cannot be reached. */
export const OUTAGE_MS_MAX = 60_000;
const RECONNECT = { delayMs: 20, factor: 2, delayMsMax: 2_000 };

/** Conditions that pass by themselves, by SQLSTATE (PostgreSQL manual, appendix A). */
const PASSING = new Set([
  '25006', // read-only transaction: a standby, soon to be promoted
  '40001', // serialization failure
  '40P01', // deadlock detected
  '53300', // too many connections
  '55P03', // lock not available
  '57014', // query cancelled: our own statement_timeout
]);
/** Connection exceptions, and the server's shutdown, crash and start. */
const PASSING_CLASSES = /^(08|57P)/;
const DISK_FULL = '53100';

/** Whether repeating on a new connection may help. The outcome of what was sent is then unknown. */
export function isOutage(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined || PASSING.has(state) || PASSING_CLASSES.test(state);
}

/** Whether space is what is missing. */
export function isDiskFull(error: unknown): boolean {
  return sqlState(error) === DISK_FULL;
}

/** The server's own code; undefined for what never reached it, or never came back. */
function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('severity' in error)) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * The pause before attempt `failed + 1`, so that a server that comes back is not met by a herd.
 * Ends at once when `signal` is aborted.
 */
export function reconnectPause(clock: Clock, failed: number, signal?: AbortSignal): Promise<void> {
  return delay(clock, backoff(RECONNECT, failed, systemRandom), signal);
}

/** For what failed for longer than `OUTAGE_MS_MAX`: whether it was written is unknown. */
export function unreachable(cause: unknown): SignalboxError {
  const message =
    `PostgreSQL could not be reached for ${OUTAGE_MS_MAX / 1_000} s: ${messageOf(cause)}. ` +
    `What was under way may or may not have been recorded. Check the server and the network.`;
  return new SignalboxError('store.unreachable', message, { cause });
}

/** What a store answers that was closed. */
export function storeClosed(): SignalboxError {
  return new SignalboxError('store.closed', 'The store is closed.');
}

/** Repeats what an outage interrupted, until `signal` is aborted. For what may be done twice. */
export async function outlast<T>(
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  task: () => Promise<T>,
): Promise<T> {
  const began = clock.monotonic();
  for (let failed = 1; ; failed++) {
    try {
      if (signal.aborted) throw storeClosed();
      return await task();
    } catch (error) {
      if (error instanceof SignalboxError || !isOutage(error)) throw error;
      if (clock.monotonic() - began > OUTAGE_MS_MAX) throw unreachable(error);
      await reconnectPause(clock, failed, signal);
    }
  }
}

/** Rejects when `promise` takes longer than `ms`: how a half-open connection shows. */
export function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(ms, () => reject(new Error(`no answer within ${ms} ms`)));
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}
