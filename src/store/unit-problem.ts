import type { CheckpointMove, DedupeKey, RecordDraft, Unit, Write } from './contract.ts';

/** The largest payload, in bytes of UTF-8. */
export const DATA_BYTES_MAX = 33_554_432;

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
const ORIGIN_TEXTS = ['flow', 'catalog', 'correlation'] as const;
const ORIGIN_NUMBERS = ['event', 'hops', 'started'] as const;
const EXPECTED_NUMBERS = ['run', 'expectedVersion', 'expectedEpoch'] as const;
const DEDUPE_TEXTS: readonly (keyof DedupeKey)[] = ['key', 'digest'];
const MOVE_TEXTS = ['consumer', 'state'] as const satisfies readonly (keyof CheckpointMove)[];
const MOVE_NUMBERS = ['from', 'to'] as const satisfies readonly (keyof CheckpointMove)[];

/**
 * Why no store takes this unit, whatever the log holds; undefined where it is fine.
 *
 * Asked before a unit joins a group, so that a bad one cannot fail its neighbours. A text that
 * would not come back byte for byte is refused and never mended.
 */
export function unitProblem({ writes, checkpoint }: Unit): string | undefined {
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
  return writes.length > 1 ? repetition(writes) : undefined;
}

function recordProblem(record: RecordDraft): string | undefined {
  return (
    textProblem(record, RECORD_TEXTS) ??
    numberProblem(record, RECORD_NUMBERS) ??
    sizeProblem(record.data)
  );
}

function conditionProblem(write: Write): string | undefined {
  if (write.kind === 'event') return write.dedupe && textProblem(write.dedupe, DEDUPE_TEXTS);
  const columns = textProblem(write.row, COLUMN_TEXTS) ?? numberProblem(write.row, COLUMN_NUMBERS);
  if (columns !== undefined) return columns;
  if (write.kind === 'advance') return numberProblem(write, EXPECTED_NUMBERS);
  return textProblem(write.row, ORIGIN_TEXTS) ?? numberProblem(write.row, ORIGIN_NUMBERS);
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
 * A unit decides once about each run and each key: a second write could only contradict the first.
 */
function repetition(writes: readonly Write[]): string | undefined {
  let seen: Set<string> | undefined;
  for (const write of writes) {
    const subject = subjectOf(write);
    if (subject === undefined) continue;
    seen ??= new Set();
    if (seen.has(subject)) return `The unit writes twice about ${subject}; make it two units.`;
    seen.add(subject);
  }
  return undefined;
}

/** What the log must say for a write to be taken; undefined for one that is never refused. */
export function subjectOf(write: Write): string | undefined {
  if (write.kind === 'advance') return `run ${write.run}`;
  return write.kind === 'event' && write.dedupe ? `key ${write.dedupe.key}` : undefined;
}
