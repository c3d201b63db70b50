import type { Clock } from '../std/clock.ts';
import type { RunRow, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { appendPatiently } from '../store/patience.ts';
import { ownRecord } from '../store/record.ts';
import type { Awaited } from './awaiting.ts';
import { evolve, type Run } from './evolve.ts';
import { encodeJournal, type StepAwaited } from './journal.ts';
import type { AdvanceWrite } from '../store/contract.ts';

export interface TakeEventOptions {
  readonly store: Store;
  readonly time: EngineTime;
  readonly clock: Clock;
  /** Hears of the run that falls due now. */
  readonly woke: (row: RunRow) => void;
}

/** A wait at which a run rests: the run, and the seq of the record that says so, its last one. */
export interface Resting {
  readonly run: number;
  readonly registered: number;
  readonly step: string;
}

/**
 * Gives a run the event that it waits for, and has it ask for a slot. False where the run has moved
 * on meanwhile, so that the event is still to be had; `stopped` where `signal` ended it.
 */
export async function takeEvent(
  { store, time, clock, woke }: TakeEventOptions,
  { run, registered, step }: Resting,
  { awaited, signal }: { readonly awaited: Awaited; readonly signal: AbortSignal },
): Promise<boolean | 'stopped'> {
  const before = await store.run(run);
  if (before?.version !== registered || before.state !== 'waiting') return false;
  const due = time.now();
  const entry: StepAwaited = { type: 'step.awaited', at: before.at, step, ...awaited, due };
  const { row, write } = advance(before, entry, due);
  const result = await appendPatiently(store, { writes: [write] }, { clock, time, signal });
  if (result.kind === 'full') return 'stopped';
  if (result.kind !== 'appended') return false;
  woke({ id: run, version: result.first, ...row });
  return true;
}

function advance(
  { id, version, ...before }: RunRow,
  entry: StepAwaited,
  received: number,
): { readonly row: Run; readonly write: AdvanceWrite } {
  const row = evolve(before, entry, received);
  const cause = { correlation: row.correlation, causation: id, hops: row.hops };
  const record = ownRecord(entry.type, encodeJournal(entry), received, cause);
  const expected = { expectedVersion: version, expectedEpoch: before.epoch };
  return { row, write: { kind: 'advance', run: id, ...expected, record, row } };
}
