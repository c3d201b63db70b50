import {
  type AppendResult,
  type Checkpoint,
  type LaneRow,
  type LetterRow,
  type LogRecord,
  OPEN_STATES,
  type OpenRuns,
  type OpenState,
  type RunRow,
  type Unit,
  type WindowRow,
  type WindowWrite,
  type Write,
} from '../../../src/store/contract.ts';
import type { ClaimQuery } from '../../../src/store/queries.ts';
import { ModelCursors } from './model-cursors.ts';

interface Remembered {
  readonly digest: string;
  readonly seq: number;
}

/** What the contract says, as plainly as it can be said: no groups, no clients, no disk. */
export class ModelStore {
  readonly records: LogRecord[] = [];
  readonly rows = new Map<number, RunRow>();
  readonly letters = new Map<number, LetterRow>();
  readonly cursors = new ModelCursors();
  readonly #seen = new Map<string, Remembered>();
  readonly #checkpoints = new Map<string, Checkpoint>();
  readonly #windows = new Map<string, WindowRow>();

  append(unit: Unit): AppendResult {
    const refusal = this.#refusal(unit);
    if (refusal !== undefined) return refusal;
    const first = this.records.length + 1;
    for (const write of unit.writes) this.#write(write, this.records.length + 1);
    if (unit.checkpoint !== undefined) {
      const { consumer, to, state } = unit.checkpoint;
      this.#checkpoints.set(consumer, { seq: to, state });
    }
    for (const window of unit.windows ?? []) this.#writeWindow(window);
    for (const cursor of unit.cursors ?? []) this.cursors.write(cursor);
    return { kind: 'appended', first };
  }

  checkpoint(consumer: string): Checkpoint {
    return this.#checkpoints.get(consumer) ?? { seq: 0, state: '{}' };
  }

  stream(id: number): LogRecord[] {
    return this.records.filter(({ stream }) => stream === id);
  }

  windows(): WindowRow[] {
    return [...this.#windows.values()].toSorted((a, b) => {
      return compare(a.flow, b.flow) || compare(a.key, b.key);
    });
  }

  claimable({ lane, state, now }: Pick<ClaimQuery, 'lane' | 'state' | 'now'>): RunRow[] {
    return [...this.rows.values()]
      .filter((row) => row.lane === lane && row.state === state)
      .filter(({ due }) => due !== null && due <= now)
      .toSorted((a, b) => (a.due ?? 0) - (b.due ?? 0) || a.id - b.id);
  }

  runsInLanes(lanes: readonly string[]): RunRow[] {
    return [...this.rows.values()].filter(
      ({ lane, state }) => lanes.includes(lane) && isOpen(state),
    );
  }

  /** By name. */
  lanes(): LaneRow[] {
    const open = [...this.rows.values()].filter(({ state }) => isOpen(state));
    const names = [...new Set(open.map(({ lane }) => lane))].toSorted(compare);
    return names.map((lane) => {
      const due = (state: ClaimQuery['state']): number | null =>
        this.claimable({ lane, state, now: Number.MAX_SAFE_INTEGER })[0]?.due ?? null;
      return {
        lane,
        open: counted(open.filter((row) => row.lane === lane)),
        due: { queued: due('queued'), waiting: due('waiting') },
      };
    });
  }

  #writeWindow({ flow, key, columns }: WindowWrite): void {
    const name = JSON.stringify([flow, key]);
    if (columns === null) this.#windows.delete(name);
    else this.#windows.set(name, { flow, key, ...columns });
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
    if (write.kind === 'open' || write.kind === 'entity') return undefined;
    const { dedupe, closes } = write;
    const seen = dedupe && this.#seen.get(dedupe.key);
    if (seen !== undefined) {
      return { kind: seen.digest === dedupe?.digest ? 'duplicate' : 'conflict', seq: seen.seq };
    }
    if (closes === undefined || this.letters.get(closes.letter)?.state === 'open') return undefined;
    return { kind: 'stale' };
  }

  #write(write: Write, seq: number): void {
    if ('letter' in write && write.letter !== undefined) {
      const at = write.record.received;
      this.letters.set(seq, { ...write.letter, id: seq, at, state: 'open', closed: null });
    }
    switch (write.kind) {
      case 'event': {
        const { record, dedupe, closes } = write;
        this.records.push({ ...record, seq, stream: null, prev: null });
        if (dedupe) this.#seen.set(dedupe.key, { digest: dedupe.digest, seq });
        const letter = closes && this.letters.get(closes.letter);
        if (letter) this.letters.set(letter.id, { ...letter, state: closes.state, closed: seq });
        return;
      }
      case 'open':
        this.records.push({ ...write.record, seq, stream: seq, prev: null });
        this.rows.set(seq, { ...write.row, id: seq, version: seq });
        return;
      case 'advance': {
        const row = this.rows.get(write.run);
        const prev = write.expectedVersion;
        this.records.push({ ...write.record, seq, stream: write.run, prev });
        if (row !== undefined) this.rows.set(write.run, { ...row, ...write.row, version: seq });
        return;
      }
      case 'entity':
        throw new Error('No unit of this model writes about an entity.');
    }
  }
}

function counted(rows: readonly RunRow[]): OpenRuns {
  const count = (state: OpenState): number => rows.filter((row) => row.state === state).length;
  return {
    queued: count('queued'),
    running: count('running'),
    waiting: count('waiting'),
    paused: count('paused'),
  };
}

function isOpen(state: string): boolean {
  return OPEN_STATES.some((open) => open === state);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
