import type {
  Checkpoint,
  CheckpointMove,
  CursorWrite,
  LetterClosing,
  LetterDraft,
  LetterRow,
  LogRecord,
  RecordDraft,
  RunColumns,
  RunOrigin,
  RunRow,
  WindowRow,
  WindowWrite,
} from '../../../src/store/contract.ts';
import { ModelCursors } from '../../store/conformance/model-cursors.ts';

/**
 * What a record of the workload carries as its payload: everything that its unit asked of the
 * store, so that the log alone tells what every row must be.
 */
export interface Payload {
  readonly unit: number;
  readonly part: number;
  readonly of: number;
  readonly columns?: RunColumns;
  readonly origin?: RunOrigin;
  readonly letter?: LetterDraft;
  readonly closes?: LetterClosing;
  readonly move?: CheckpointMove;
  readonly windows?: readonly WindowWrite[];
  readonly cursors?: readonly CursorWrite[];
  readonly filler: string;
}

export function payloadOf(record: Pick<LogRecord, 'data'>): Payload {
  return JSON.parse(record.data) as Payload;
}

/** A record with a foreign id. */
export type Foreign = LogRecord & { readonly id: string };

/** What of a record was handed in, without the place that it got. */
export function draftOf({
  seq: _seq,
  stream: _stream,
  prev: _prev,
  ...draft
}: LogRecord): RecordDraft {
  return draft;
}

/** Which part of which unit a record is. */
export type Place = Pick<Payload, 'unit' | 'part' | 'of'>;

/** What a log says, folded by an oracle that knows nothing of the store's tables. */
export class FoldedLog {
  readonly runs = new Map<number, RunRow>();
  /** The events with foreign ids, by these. */
  readonly foreign = new Map<string, Foreign>();
  readonly checkpoints = new Map<string, Checkpoint>();
  readonly letters = new Map<number, LetterRow>();
  /** The windows that are open, by their consumer and key. */
  readonly windows = new Map<string, WindowRow>();
  /** What sources remember. */
  readonly cursors = new ModelCursors();
  /** The first seq of each unit that the log holds. */
  readonly units = new Map<number, number>();
  /** The place of each record, in the order of the log. */
  readonly places: Place[] = [];

  constructor(records: readonly LogRecord[] = []) {
    for (const record of records) this.add(record);
  }

  get head(): number {
    return this.places.length;
  }

  add(record: LogRecord): void {
    const payload = payloadOf(record);
    const { unit, part, of, move, columns, origin } = payload;
    const { seq } = record;
    this.places.push({ unit, part, of });
    if (part === 0) this.units.set(unit, seq);
    if (record.id !== null) this.foreign.set(record.id, { ...record, id: record.id });
    if (move !== undefined)
      this.checkpoints.set(move.consumer, { seq: move.to, state: move.state });
    for (const window of payload.windows ?? []) this.#addWindow(window);
    for (const cursor of payload.cursors ?? []) this.cursors.write(cursor);
    this.#addLetter(record, payload);
    const id = record.stream ?? seq;
    const born = origin ?? this.runs.get(id);
    if (columns !== undefined && born !== undefined) {
      this.runs.set(id, { ...born, ...columns, id, version: seq });
    }
  }

  #addWindow({ flow, key, columns }: WindowWrite): void {
    if (columns === null) this.windows.delete(`${flow} ${key}`);
    else this.windows.set(`${flow} ${key}`, { flow, key, ...columns });
  }

  #addLetter({ seq, received }: LogRecord, { letter, closes }: Payload): void {
    if (letter !== undefined) {
      this.letters.set(seq, { ...letter, id: seq, at: received, state: 'open', closed: null });
    }
    const closed = closes && this.letters.get(closes.letter);
    if (closed && closes) {
      this.letters.set(closed.id, { ...closed, state: closes.state, closed: seq });
    }
  }
}
