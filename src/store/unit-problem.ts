import type {
  CheckpointMove,
  CursorWrite,
  DedupeKey,
  EventWrite,
  LetterDraft,
  RecordDraft,
  Unit,
  WindowWrite,
  Write,
} from './contract.ts';
import type { EntityWrite } from './entity.ts';

/** The largest payload, in bytes of UTF-8. */
export const DATA_BYTES_MAX = 33_554_432;
/** The most cursors that one unit changes. */
export const CURSORS_MAX = 1_000;

const RECORD_TEXTS = [
  'type',
  'source',
  'id',
  'subject',
  'correlation',
  'attributes',
  'data',
] as const;
const RECORD_NUMBERS = ['version', 'received', 'causation', 'hops'] as const;
const COLUMN_TEXTS = ['at', 'reason'] as const;
const COLUMN_NUMBERS = ['attempt', 'due', 'epoch', 'crashes', 'ended'] as const;
const ORIGIN_TEXTS = ['flow', 'catalog', 'correlation', 'lane'] as const;
const ORIGIN_NUMBERS = ['event', 'hops', 'started', 'parent', 'fork', 'branch'] as const;
const EXPECTED_NUMBERS = ['run', 'expectedVersion', 'expectedEpoch'] as const;
const DEDUPE_TEXTS: readonly (keyof DedupeKey)[] = ['key', 'digest'];
const LETTER_TEXTS = ['kind', 'flow', 'step', 'code', 'message'] as const;
const LETTER_NUMBERS = ['event', 'run', 'attempts'] as const;
const CLOSING_NUMBERS = ['letter'] as const;
const ENTITY_TEXTS = ['kind', 'state', 'data'] as const;
const ENTITY_NUMBERS = ['run', 'due', 'ended'] as const;
const ENTITY_EXPECTED = ['entity', 'expectedVersion'] as const;
const WINDOW_TEXTS = ['flow', 'key'] as const;
const WINDOW_COLUMN_TEXTS = ['state'] as const;
const WINDOW_NUMBERS = ['due'] as const;
const CURSOR_TEXTS = ['source', 'key', 'value'] as const;
const MOVE_TEXTS = ['consumer', 'state'] as const satisfies readonly (keyof CheckpointMove)[];
const MOVE_NUMBERS = ['from', 'to'] as const satisfies readonly (keyof CheckpointMove)[];

/**
 * Why no store takes this unit, whatever the log holds; undefined where it is fine.
 *
 * Asked before a unit joins a group, so that a bad one cannot fail its neighbours. A text that
 * would not come back byte for byte is refused and never mended.
 */
export function unitProblem({ writes, checkpoint, windows, cursors }: Unit): string | undefined {
  // Counted by hand, as below: this is asked of every record, and iterators of pairs cost more.
  let place = 0;
  for (const write of writes) {
    place++;
    const problem = recordProblem(write.record) ?? conditionProblem(write);
    if (problem !== undefined) return `Write ${place} of the unit: ${problem}.`;
  }
  if (checkpoint !== undefined) {
    const problem = textProblem(checkpoint, MOVE_TEXTS) ?? numberProblem(checkpoint, MOVE_NUMBERS);
    if (problem !== undefined) return `The unit's checkpoint: ${problem}.`;
  }
  if (windows !== undefined && windows.length > 0) {
    const problem = checkpoint === undefined ? WINDOWS_ALONE : windowsProblem(windows);
    if (problem !== undefined) return `The unit's windows: ${problem}.`;
  }
  const problem = cursors && cursorsProblem(cursors);
  if (problem !== undefined) return `The unit's cursors: ${problem}.`;
  return writes.length > 1 ? repetition(writes) : undefined;
}

const WINDOWS_ALONE = 'they change only as a checkpoint moves, and the unit has none';

function recordProblem(record: RecordDraft): string | undefined {
  return (
    textProblem(record, RECORD_TEXTS) ??
    numberProblem(record, RECORD_NUMBERS) ??
    sizeProblem(record.data)
  );
}

function conditionProblem(write: Write): string | undefined {
  if (write.kind === 'event') return eventProblem(write);
  if (write.kind === 'entity') return entityProblem(write);
  const columns = textProblem(write.row, COLUMN_TEXTS) ?? numberProblem(write.row, COLUMN_NUMBERS);
  if (columns !== undefined) return columns;
  if (write.kind === 'advance')
    return numberProblem(write, EXPECTED_NUMBERS) ?? letterProblem(write.letter);
  return textProblem(write.row, ORIGIN_TEXTS) ?? numberProblem(write.row, ORIGIN_NUMBERS);
}

function eventProblem({ dedupe, letter, closes }: EventWrite): string | undefined {
  const key = dedupe && textProblem(dedupe, DEDUPE_TEXTS);
  return key ?? letterProblem(letter) ?? (closes && numberProblem(closes, CLOSING_NUMBERS));
}

function entityProblem(write: EntityWrite): string | undefined {
  return (
    textProblem(write.row, ENTITY_TEXTS) ??
    numberProblem(write.row, ENTITY_NUMBERS) ??
    numberProblem(write, ENTITY_EXPECTED)
  );
}

function letterProblem(letter: LetterDraft | undefined): string | undefined {
  if (letter === undefined) return undefined;
  return textProblem(letter, LETTER_TEXTS) ?? numberProblem(letter, LETTER_NUMBERS);
}

function windowsProblem(windows: readonly WindowWrite[]): string | undefined {
  const seen = new Set<string>();
  for (const window of windows) {
    const problem = textProblem(window, WINDOW_TEXTS) ?? columnsProblem(window.columns);
    if (problem !== undefined) return problem;
    const subject = windowSubject(window);
    if (seen.has(subject)) return `two of them are about ${subject}; make it one`;
    seen.add(subject);
  }
  return undefined;
}

function columnsProblem(columns: WindowWrite['columns']): string | undefined {
  if (columns === null) return undefined;
  return textProblem(columns, WINDOW_COLUMN_TEXTS) ?? numberProblem(columns, WINDOW_NUMBERS);
}

function cursorsProblem(cursors: readonly CursorWrite[]): string | undefined {
  if (cursors.length > CURSORS_MAX) {
    return `there are ${cursors.length}, over ${CURSORS_MAX}; make it several units`;
  }
  const seen = new Set<string>();
  for (const cursor of cursors) {
    const twice = repeated(seen, cursorSubject(cursor));
    if (twice !== undefined) return `two of them are about ${twice}; make it one`;
    const problem = textProblem(cursor, CURSOR_TEXTS);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function textProblem<Name extends string>(
  holder: Readonly<Record<Name, string | null>>,
  names: readonly Name[],
): string | undefined {
  for (const name of names) {
    const text = holder[name];
    if (text === null || isStorable(text)) continue;
    return `"${name}" holds U+0000 or half of a surrogate pair, which no text in UTF-8 can`;
  }
  return undefined;
}

/** Two tests, since each is far quicker than one over both: most texts hold Latin letters only. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

function numberProblem<Name extends string>(
  holder: Readonly<Record<Name, number | null>>,
  names: readonly Name[],
): string | undefined {
  for (const name of names) {
    const number = holder[name];
    if (number === null || (Number.isSafeInteger(number) && number >= 0)) continue;
    return `"${name}" is ${number}, not a whole number from 0 to 2^53 - 1`;
  }
  return undefined;
}

function sizeProblem(data: string): string | undefined {
  // No character takes more than three bytes of UTF-8, so most payloads need no counting.
  if (data.length * 3 <= DATA_BYTES_MAX) return undefined;
  const bytes = Buffer.byteLength(data, 'utf8');
  if (bytes <= DATA_BYTES_MAX) return undefined;
  return `"data" has ${bytes} bytes, over ${DATA_BYTES_MAX}`;
}

/**
 * A unit decides once about each run, each key and each letter: a second write could only
 * contradict the first.
 */
function repetition(writes: readonly Write[]): string | undefined {
  const seen = new Set<string>();
  for (const write of writes) {
    const twice = repeated(seen, subjectOf(write)) ?? repeated(seen, letterSubject(write));
    if (twice !== undefined) return `The unit writes twice about ${twice}; make it two units.`;
  }
  return undefined;
}

/** The subject where it was seen before; else it is seen from now on. */
function repeated(seen: Set<string>, subject: string | undefined): string | undefined {
  if (subject === undefined) return undefined;
  if (seen.has(subject)) return subject;
  seen.add(subject);
  return undefined;
}

/** The run or the key that the log must say something of; undefined for a write without either. */
export function subjectOf(write: Write): string | undefined {
  if (write.kind === 'advance') return `run ${write.run}`;
  if (write.kind === 'entity') return write.entity === null ? undefined : `entity ${write.entity}`;
  return write.kind === 'event' && write.dedupe ? `key ${write.dedupe.key}` : undefined;
}

/** The dead letter that a write closes; undefined for one that closes none. */
export function letterSubject(write: Write): string | undefined {
  return write.kind === 'event' && write.closes ? `letter ${write.closes.letter}` : undefined;
}

/** The window that a write is about, by its whole name. */
export function windowSubject({ flow, key }: WindowWrite): string {
  return `window ${JSON.stringify([flow, key])}`;
}

/** The cursor that a write is about, by its whole name. */
export function cursorSubject({ source, key }: CursorWrite): string {
  return `cursor ${JSON.stringify([source, key])}`;
}
