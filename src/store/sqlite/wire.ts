import type {
  AppendResult,
  OpenWrite,
  RecordDraft,
  RunColumns,
  RunState,
  Unit,
  Write,
} from '../contract.ts';

/**
 * A batch of units as one flat array, the form in which it crosses to the writer's thread.
 *
 * Cloning an array of plain values costs a third of cloning the objects, and the writer binds the
 * values as they stand. A unit is: number of writes, consumer (or null), from, to, state, then its
 * writes; a write is its code, its record and the fields of its kind, each of a fixed length.
 */
export type Flat = (string | number | null)[];

export const EVENT = 1;
export const OPEN = 2;
export const ADVANCE = 3;

export const UNIT_HEAD = 5;
export const RECORD = 11;
/**
 * Fields behind the code: record and dedupe; record, origin and columns; record, expectation and
 * columns.
 */
export const LENGTHS = {
  [EVENT]: RECORD + 2,
  [OPEN]: RECORD + 6 + 8,
  [ADVANCE]: RECORD + 3 + 8,
} as const;

/** States as the numbers that the store keeps; those below 3 are open. */
export const STATES: readonly RunState[] = [
  'queued',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'noop',
];

/** Appends a unit to a batch. */
export function encodeUnit(unit: Unit, flat: Flat): void {
  const move = unit.checkpoint;
  flat.push(unit.writes.length);
  if (move === undefined) flat.push(null, 0, 0, null);
  else flat.push(move.consumer, move.from, move.to, move.state);
  for (const write of unit.writes) encodeWrite(write, flat);
}

function encodeWrite(write: Write, flat: Flat): void {
  switch (write.kind) {
    case 'event':
      flat.push(EVENT);
      encodeRecord(write.record, flat);
      flat.push(write.dedupe?.key ?? null, write.dedupe?.digest ?? null);
      return;
    case 'open':
      flat.push(OPEN);
      encodeRecord(write.record, flat);
      encodeOrigin(write, flat);
      encodeColumns(write.row, flat);
      return;
    case 'advance':
      flat.push(ADVANCE);
      encodeRecord(write.record, flat);
      flat.push(write.run, write.expectedVersion, write.expectedEpoch);
      encodeColumns(write.row, flat);
  }
}

function encodeRecord(r: RecordDraft, flat: Flat): void {
  flat.push(r.type, r.version, r.source, r.id, r.subject, r.received);
  flat.push(r.correlation, r.causation, r.hops, r.attributes, r.data);
}

function encodeOrigin({ row }: OpenWrite, flat: Flat): void {
  flat.push(row.flow, row.catalog, row.event, row.correlation, row.hops, row.started);
}

function encodeColumns(row: RunColumns, flat: Flat): void {
  flat.push(STATES.indexOf(row.state), row.at, row.attempt, row.due);
  flat.push(row.epoch, row.crashes, row.ended, row.reason);
}

/** Results come back as pairs: a code, and the seq that it speaks of. */
export const RESULT = { appended: 0, duplicate: 1, conflict: 2, stale: 3, full: 4 } as const;

/** The answer to one unit; a code that is not known is no success. */
export function decodeResult(code: number | undefined, seq: number): AppendResult {
  switch (code) {
    case RESULT.appended:
      return { kind: 'appended', first: seq };
    case RESULT.duplicate:
      return { kind: 'duplicate', seq };
    case RESULT.conflict:
      return { kind: 'conflict', seq };
    case RESULT.full:
      return { kind: 'full' };
    default:
      return { kind: 'stale' };
  }
}
