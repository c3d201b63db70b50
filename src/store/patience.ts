import { type Clock, delay } from '../std/clock.ts';
import type { AppendResult, Store, Unit, Write } from './contract.ts';
import type { EngineTime } from './engine-time.ts';

/** How long what must be written waits before it asks a full disk again. */
export const FULL_RETRY_MS = 500;

/** What waiting for space needs. */
export interface Waiting {
  readonly clock: Clock;
  readonly time: EngineTime;
  /** Ends the waiting: what met a full disk last is then given up. */
  readonly signal: AbortSignal;
}

/**
 * Appends, and goes on asking while the disk is full: for results that exist only in memory and
 * must not be lost. Gives up with `full` when `signal` is aborted.
 */
export async function appendPatiently(
  store: Store,
  unit: Unit,
  waiting: Waiting,
): Promise<AppendResult> {
  const result = await store.append(unit);
  return result.kind === 'full' ? appendLater(store, unit, waiting) : result;
}

/** The same for a unit that has just met a full disk: it waits before it asks again. */
export async function appendLater(
  store: Store,
  unit: Unit,
  { clock, time, signal }: Waiting,
): Promise<AppendResult> {
  while (!signal.aborted) {
    await delay(clock, FULL_RETRY_MS, signal);
    const result = await store.append(stamped(unit, time.now()));
    if (result.kind !== 'full') return result;
  }
  return { kind: 'full' };
}

/**
 * The unit as of `received`: what waited is recorded when it is, since the log's times never go
 * back.
 */
export function stamped(unit: Unit, received: number): Unit {
  if (unit.writes.every(({ record }) => record.received === received)) return unit;
  return { ...unit, writes: unit.writes.map((write) => stampedWrite(write, received)) };
}

function stampedWrite(write: Write, received: number): Write {
  const record = { ...write.record, received };
  switch (write.kind) {
    case 'event':
      return { ...write, record };
    case 'open':
      return { ...write, record, row: { ...write.row, started: received } };
    case 'advance':
    case 'entity': {
      const ended = write.row.ended === null ? null : received;
      return { ...write, record, row: { ...write.row, ended } } as Write;
    }
  }
}
