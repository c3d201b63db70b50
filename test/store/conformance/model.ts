import type {
  AppendResult,
  Checkpoint,
  LogRecord,
  RunRow,
  Unit,
  Write,
} from '../../../src/store/contract.ts';

interface Remembered {
  readonly digest: string;
  readonly seq: number;
}

/** What the contract says, as plainly as it can be said: no groups, no clients, no disk. */
export class ModelStore {
  readonly records: LogRecord[] = [];
  readonly rows = new Map<number, RunRow>();
  readonly #seen = new Map<string, Remembered>();
  readonly #checkpoints = new Map<string, Checkpoint>();

  append(unit: Unit): AppendResult {
    const refusal = this.#refusal(unit);
    if (refusal !== undefined) return refusal;
    const first = this.records.length + 1;
    for (const write of unit.writes) this.#write(write, this.records.length + 1);
    if (unit.checkpoint !== undefined) {
      const { consumer, to, state } = unit.checkpoint;
      this.#checkpoints.set(consumer, { seq: to, state });
    }
    return { kind: 'appended', first };
  }

  checkpoint(consumer: string): Checkpoint {
    return this.#checkpoints.get(consumer) ?? { seq: 0, state: '{}' };
  }

  stream(id: number): LogRecord[] {
    return this.records.filter(({ stream }) => stream === id);
  }

  claimable(now: number): RunRow[] {
    return [...this.rows.values()]
      .filter(({ state, due }) => isOpen(state) && due !== null && due <= now)
      .toSorted((a, b) => (a.due ?? 0) - (b.due ?? 0) || a.id - b.id);
  }

  nextDue(): number | null {
    return this.claimable(Number.MAX_SAFE_INTEGER)[0]?.due ?? null;
  }

  openRuns(): Record<'queued' | 'running' | 'waiting', number> {
    const count = (state: string): number =>
      [...this.rows.values()].filter((row) => row.state === state).length;
    return { queued: count('queued'), running: count('running'), waiting: count('waiting') };
  }

  #refusal({ writes, checkpoint }: Unit): AppendResult | undefined {
    if (checkpoint !== undefined && this.checkpoint(checkpoint.consumer).seq !== checkpoint.from) {
      return { kind: 'stale' };
    }
    for (const write of writes) {
      const refusal = this.#refusalOf(write);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  #refusalOf(write: Write): AppendResult | undefined {
    if (write.kind === 'advance') {
      const row = this.rows.get(write.run);
      const fits = row?.version === write.expectedVersion && row.epoch === write.expectedEpoch;
      return fits ? undefined : { kind: 'stale' };
    }
    if (write.kind === 'open' || write.dedupe === undefined) return undefined;
    const seen = this.#seen.get(write.dedupe.key);
    if (seen === undefined) return undefined;
    return { kind: seen.digest === write.dedupe.digest ? 'duplicate' : 'conflict', seq: seen.seq };
  }

  #write(write: Write, seq: number): void {
    switch (write.kind) {
      case 'event':
        this.records.push({ ...write.record, seq, stream: null, prev: null });
        if (write.dedupe) this.#seen.set(write.dedupe.key, { digest: write.dedupe.digest, seq });
        return;
      case 'open':
        this.records.push({ ...write.record, seq, stream: seq, prev: null });
        this.rows.set(seq, { ...write.row, id: seq, version: seq });
        return;
      case 'advance': {
        const row = this.rows.get(write.run);
        const prev = write.expectedVersion;
        this.records.push({ ...write.record, seq, stream: write.run, prev });
        if (row !== undefined) this.rows.set(write.run, { ...row, ...write.row, version: seq });
      }
    }
  }
}

function isOpen(state: string): boolean {
  return state === 'queued' || state === 'running' || state === 'waiting';
}
