import type {
  AdvanceWrite,
  AppendResult,
  CursorWrite,
  EventWrite,
  LetterDraft,
  OpenWrite,
  RecordDraft,
  RunColumns,
  Unit,
  WindowWrite,
  Write,
} from '../contract.ts';
import type { EntityWrite } from '../entity.ts';
import { STATE_NUMBERS } from './states.ts';

/**
 * A batch of units as one flat array, the form in which it crosses to the writer's thread.
 *
 * Cloning an array of plain values costs a third of cloning the objects, and the writer binds the
 * values as they stand. A unit is: number of writes, consumer (or null), from, to, state, length of
 * what it keeps, then its writes and what it keeps: its windows and its cursors. A write is its
 * code, its record and the fields of its kind, a window or a cursor its code and its fields; each
 * is of a fixed length. What is rare has codes of its own, so that the others stay short.
 */
export type Flat = (string | number | null)[];

export const EVENT = 1;
export const OPEN = 2;
export const ADVANCE = 3;
/** An event that is a dead letter, closes one, or both. */
export const LETTER_EVENT = 4;
/** An advance that is a dead letter too. */
export const LETTER_ADVANCE = 5;
export const WINDOW = 6;
export const CURSOR = 7;
/** A record of an entity. */
export const ENTITY = 8;
/** An advance that pins the run to another catalog; never a dead letter. */
export const MOVE_ADVANCE = 9;

export const UNIT_HEAD = 6;
export const RECORD = 11;
export const ORIGIN = 10;
export const COLUMNS = 8;
export const EXPECTED = 3;
export const LETTER = 8;
export const WINDOW_FIELDS = 4;
export const CURSOR_FIELDS = 3;
/** The entity and its version, null for a new one; then its columns. */
export const ENTITY_EXPECTED = 2;
export const ENTITY_COLUMNS = 6;
/** Where the fields of a write's kind are that stand behind others, from the first one on. */
export const EVENT_LETTER = 2;
export const EVENT_CLOSING = EVENT_LETTER + LETTER;
export const ADVANCE_LETTER = EXPECTED + COLUMNS;
export const ADVANCE_CATALOG = EXPECTED + COLUMNS;

/**
 * Fields behind the code, by code: record and dedupe; record, origin and columns; record,
 * expectation and columns; the first and the last of these with a letter, the first also with a
 * closing; what is no write; record, expectation and columns of an entity; and an advance with its
 * catalog.
 */
const LENGTHS: readonly number[] = [
  0,
  RECORD + EVENT_LETTER,
  RECORD + ORIGIN + COLUMNS,
  RECORD + ADVANCE_LETTER,
  RECORD + EVENT_CLOSING + 2,
  RECORD + ADVANCE_LETTER + LETTER,
  WINDOW_FIELDS,
  CURSOR_FIELDS,
  RECORD + ENTITY_EXPECTED + ENTITY_COLUMNS,
  RECORD + ADVANCE_CATALOG + 1,
];

/** How many places the write, the window or the cursor at `at` takes up, with its code. */
export function lengthOf(batch: Flat, at: number): number {
  return 1 + (LENGTHS[Number(batch[at])] ?? 0);
}

/** Where the windows and cursors of the unit at `start` begin: behind its writes. */
export function keptOf(batch: Flat, start: number): number {
  const writes = Number(batch[start]);
  let at = start + UNIT_HEAD;
  for (let i = 0; i < writes; i++) at += lengthOf(batch, at);
  return at;
}

/** Where the unit behind the one at `start` begins. */
export function endOf(batch: Flat, start: number): number {
  return keptOf(batch, start) + Number(batch[start + UNIT_HEAD - 1]);
}

/** Appends a unit to a batch. */
export function encodeUnit(unit: Unit, flat: Flat): void {
  const { checkpoint: move, windows, cursors } = unit;
  flat.push(unit.writes.length);
  if (move === undefined) flat.push(null, 0, 0, null);
  else flat.push(move.consumer, move.from, move.to, move.state);
  flat.push(lengthOfAll(windows, WINDOW_FIELDS) + lengthOfAll(cursors, CURSOR_FIELDS));
  for (const write of unit.writes) encodeWrite(write, flat);
  if (windows !== undefined) for (const window of windows) encodeWindow(window, flat);
  if (cursors !== undefined) for (const cursor of cursors) encodeCursor(cursor, flat);
}

function lengthOfAll(kept: readonly unknown[] | undefined, fields: number): number {
  return kept === undefined ? 0 : kept.length * (1 + fields);
}

function encodeWrite(write: Write, flat: Flat): void {
  switch (write.kind) {
    case 'event':
      encodeEvent(write, flat);
      return;
    case 'open':
      flat.push(OPEN);
      encodeRecord(write.record, flat);
      encodeOrigin(write, flat);
      encodeColumns(write.row, flat);
      return;
    case 'advance':
      encodeAdvance(write, flat);
      return;
    case 'entity':
      encodeEntity(write, flat);
  }
}

function encodeEvent(write: EventWrite, flat: Flat): void {
  const { letter, closes } = write;
  const isPlain = letter === undefined && closes === undefined;
  flat.push(isPlain ? EVENT : LETTER_EVENT);
  encodeRecord(write.record, flat);
  flat.push(write.dedupe?.key ?? null, write.dedupe?.digest ?? null);
  if (isPlain) return;
  encodeLetter(letter, flat);
  flat.push(closes?.letter ?? null, closes?.state ?? null);
}

function encodeAdvance(write: AdvanceWrite, flat: Flat): void {
  const { catalog, letter } = write;
  if (catalog === undefined) flat.push(letter === undefined ? ADVANCE : LETTER_ADVANCE);
  else flat.push(MOVE_ADVANCE);
  encodeRecord(write.record, flat);
  flat.push(write.run, write.expectedVersion, write.expectedEpoch);
  encodeColumns(write.row, flat);
  if (catalog !== undefined) flat.push(catalog);
  else if (letter !== undefined) encodeLetter(letter, flat);
}

function encodeEntity({ entity, expectedVersion, record, row }: EntityWrite, flat: Flat): void {
  flat.push(ENTITY);
  encodeRecord(record, flat);
  flat.push(entity, expectedVersion);
  flat.push(row.kind, row.state, row.run, row.due, row.ended, row.data);
}

function encodeRecord(r: RecordDraft, flat: Flat): void {
  flat.push(r.type, r.version, r.source, r.id, r.subject, r.received);
  flat.push(r.correlation, r.causation, r.hops, r.attributes, r.data);
}

function encodeOrigin({ row }: OpenWrite, flat: Flat): void {
  flat.push(row.flow, row.catalog, row.event, row.correlation, row.hops, row.started);
  flat.push(row.lane, row.parent, row.fork, row.branch);
}

function encodeColumns(row: RunColumns, flat: Flat): void {
  flat.push(STATE_NUMBERS[row.state], row.at, row.attempt, row.due);
  flat.push(row.epoch, row.crashes, row.ended, row.reason);
}

function encodeLetter(letter: LetterDraft | undefined, flat: Flat): void {
  if (letter === undefined) flat.push(null, null, null, null, null, null, null, null);
  else {
    flat.push(letter.kind, letter.event, letter.flow, letter.run);
    flat.push(letter.step, letter.attempts, letter.code, letter.message);
  }
}

/** One that closes has no due time and no state. */
function encodeWindow({ flow, key, columns }: WindowWrite, flat: Flat): void {
  flat.push(WINDOW, flow, key, columns?.due ?? null, columns?.state ?? null);
}

/** One that is forgotten has no value. */
function encodeCursor({ source, key, value }: CursorWrite, flat: Flat): void {
  flat.push(CURSOR, source, key, value);
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
