import { type Clock, delay } from '../std/clock.ts';
import { SignalboxError } from '../std/errors.ts';
import { isRunning } from './daemon-file.ts';

/** How often it is looked whether the process that holds the data lives: that costs little. */
const LOOK_MS = 100;
/** How often the lock itself is asked for, whatever its holder seems to be. */
const ATTEMPT_MS = 5_000;

/** What is waited with, and for. */
export interface StandbyOptions<T> {
  /** Opens what only one may hold; throws `data.locked` with the holder's `pid` while it cannot. */
  readonly open: () => Promise<T>;
  /** Called once, when the wait begins, with who holds the data. */
  readonly onWait: (holder: number | undefined) => Promise<void>;
  /** Ends the wait. */
  readonly unwanted: AbortSignal;
  readonly clock: Clock;
}

/**
 * Opens as soon as nobody else has it open: within a tenth of a second of the holder's death,
 * however it died. Undefined where the wait was ended before.
 *
 * @throws whatever `open` throws but `data.locked`.
 */
export async function standBy<T>(options: StandbyOptions<T>): Promise<T | undefined> {
  const { open, onWait, unwanted, clock } = options;
  for (let attempt = 0; !unwanted.aborted; attempt++) {
    try {
      return await open();
    } catch (error) {
      const holder = holderOf(error);
      if (attempt === 0) await onWait(holder);
      await untilWorthwhile(holder, { unwanted, clock });
    }
  }
  return undefined;
}

function holderOf(error: unknown): number | undefined {
  if (!(error instanceof SignalboxError) || error.code !== 'data.locked') throw error;
  const { pid } = error.details;
  return typeof pid === 'number' ? pid : undefined;
}

async function untilWorthwhile(
  holder: number | undefined,
  { unwanted, clock }: { readonly unwanted: AbortSignal; readonly clock: Clock },
): Promise<void> {
  const next = clock.monotonic() + ATTEMPT_MS;
  const isHeld = (): boolean => holder === undefined || isRunning({ pid: holder });
  do await delay(clock, LOOK_MS, unwanted);
  while (!unwanted.aborted && clock.monotonic() < next && isHeld());
}
