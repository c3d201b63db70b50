import type {
  AdvanceWrite,
  AppendResult,
  LetterDraft,
  LogRecord,
  OpenWrite,
  Unit,
  Write,
} from '../contract.ts';
import type { EntityWrite } from '../entity.ts';
import { unitLength } from '../unit-length.ts';
import { cursorSubject, letterSubject, subjectOf, windowSubject } from '../unit-problem.ts';
import { prevOf, streamOf } from '../write-place.ts';
import { REASON } from './append-function.ts';

/** Units in one commit: enough to make a commit nearly free, few enough to acknowledge at once. */
const GROUP_UNITS_MAX = 1_000;
/** Characters in one commit, as `unitLength` counts them, unless a single unit has more. */
const GROUP_LENGTH_MAX = 8_388_608;

/**
 * How many of the units, from the first on, form the next group.
 *
 * A group ends before a unit that depends on what an earlier one of it may change, so that the
 * database can decide all its units at once.
 */
export function groupLength(units: Iterable<Unit>): number {
  const subjects = new Set<string>();
  let length = 0;
  let count = 0;
  for (const unit of units) {
    length += unitLength(unit);
    if (count > 0 && (count >= GROUP_UNITS_MAX || length > GROUP_LENGTH_MAX)) return count;
    const own = subjectsOf(unit);
    if (own.some((subject) => subjects.has(subject))) return count;
    for (const subject of own) subjects.add(subject);
    count++;
  }
  return count;
}

function subjectsOf({ writes, checkpoint, windows, cursors }: Unit): string[] {
  const subjects: string[] = [];
  for (const write of writes) {
    const subject = subjectOf(write);
    if (subject !== undefined) subjects.push(subject);
    const letter = letterSubject(write);
    if (letter !== undefined) subjects.push(letter);
  }
  if (checkpoint !== undefined) subjects.push(`consumer ${checkpoint.consumer}`);
  for (const window of windows ?? []) subjects.push(windowSubject(window));
  for (const cursor of cursors ?? []) subjects.push(cursorSubject(cursor));
  return subjects;
}

type Values = (string | number | null)[];

/** What a group holds, column by column, as `signalbox.append` takes it. */
interface Columns {
  readonly sizes: Values;
  readonly records: readonly Values[];
  readonly dedupes: readonly Values[];
  readonly opens: readonly Values[];
  readonly advances: readonly Values[];
  readonly moves: readonly Values[];
  readonly letters: readonly Values[];
  readonly closings: readonly Values[];
  readonly windows: readonly Values[];
  readonly cursors: readonly Values[];
  readonly entities: readonly Values[];
}

/** How many arrays `encodeGroup` makes. */
export const GROUP_PARAMETERS = 1 + 14 + 3 + 19 + 13 + 5 + 9 + 3 + 5 + 4 + 9;

/** The parameters of `signalbox.append` for these units, without session and number. */
export function encodeGroup(units: readonly Unit[]): string[] {
  const group: Columns = {
    sizes: [],
    records: columns(14),
    dedupes: columns(3),
    opens: columns(19),
    advances: columns(13),
    moves: columns(5),
    letters: columns(9),
    closings: columns(3),
    windows: columns(5),
    cursors: columns(4),
    entities: columns(9),
  };
  let received = 0;
  for (const [index, unit] of units.entries()) {
    group.sizes.push(unit.writes.length);
    for (const write of unit.writes) {
      received = Math.max(received, write.record.received);
      push(group.records, [index + 1, ...recordValues(write, received)]);
      encodeWrite(write, group);
    }
    encodeMove(unit, index + 1, group);
    encodeCursors(unit, index + 1, group);
  }
  return parametersOf(group).map(arrayLiteral);
}

/** In the order in which `signalbox.append` declares them. */
function parametersOf(group: Columns): Values[] {
  const { sizes, records, dedupes, opens, advances, moves, letters, closings } = group;
  const rows = [...dedupes, ...opens, ...advances, ...moves, ...letters, ...closings];
  return [sizes, ...records, ...rows, ...group.windows, ...group.cursors, ...group.entities];
}

/** What a write says beside its record, which was the last to join its group. */
function encodeWrite(write: Write, group: Columns): void {
  const place = group.records[0]?.length ?? 0;
  if (write.kind === 'open') {
    push(group.opens, [place, ...openValues(write)]);
    return;
  }
  if (write.kind === 'entity') {
    push(group.entities, [place, ...entityValues(write)]);
    return;
  }
  if (write.letter) push(group.letters, [place, ...letterValues(write.letter)]);
  if (write.kind === 'advance') {
    push(group.advances, [place, ...advanceValues(write)]);
    return;
  }
  const { dedupe, closes } = write;
  if (dedupe) push(group.dedupes, [place, dedupe.key, dedupe.digest]);
  if (closes) push(group.closings, [place, closes.letter, closes.state]);
}

function encodeMove({ checkpoint, windows }: Unit, unit: number, group: Columns): void {
  if (checkpoint === undefined) return;
  const { consumer, from, to, state } = checkpoint;
  push(group.moves, [unit, consumer, from, to, state]);
  for (const { flow, key, columns: kept } of windows ?? []) {
    push(group.windows, [unit, flow, key, kept?.due ?? null, kept?.state ?? null]);
  }
}

function encodeCursors({ cursors }: Unit, unit: number, group: Columns): void {
  for (const { source, key, value } of cursors ?? []) {
    push(group.cursors, [unit, source, key, value]);
  }
}

function columns(count: number): Values[] {
  return Array.from({ length: count }, () => []);
}

function push(into: readonly Values[], values: Values): void {
  for (const [i, column] of into.entries()) column.push(values[i] ?? null);
}

/** Within a group `received` never goes back; the database sees to it between groups. */
function recordValues(write: Write, received: number): Values {
  const { type, version, source, id, subject, correlation, causation, hops } = write.record;
  const stream = streamOf(write, 0);
  const prev = prevOf(write);
  const { attributes, data } = write.record;
  const place = [correlation, causation, hops, stream, prev];
  return [type, version, source, id, subject, received, ...place, attributes, data];
}

function openValues({ row }: OpenWrite): Values {
  const { flow, catalog, event, correlation, hops, started } = row;
  const { lane, parent, fork, branch } = row;
  const place = [lane, parent, fork, branch];
  return [flow, catalog, event, correlation, hops, started, ...place, ...controlValues(row)];
}

function advanceValues(write: AdvanceWrite): Values {
  const { run, expectedVersion, expectedEpoch, row, catalog = null } = write;
  return [run, expectedVersion, expectedEpoch, ...controlValues(row), catalog];
}

function controlValues(row: AdvanceWrite['row']): Values {
  const { state, at, attempt, due, epoch, crashes, ended, reason } = row;
  return [state, at, attempt, due, epoch, crashes, ended, reason];
}

function entityValues({ entity, expectedVersion, row }: EntityWrite): Values {
  return [entity, expectedVersion, row.kind, row.state, row.run, row.due, row.ended, row.data];
}

function letterValues(letter: LetterDraft): Values {
  const { kind, event, flow, run, step, attempts, code, message } = letter;
  return [kind, event, flow, run, step, attempts, code, message];
}

/** PostgreSQL's text form of an array. */
function arrayLiteral(values: Values): string {
  return `{${values.map(elementLiteral).join()}}`;
}

function elementLiteral(value: string | number | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return String(value);
  return `"${/["\\]/.test(value) ? value.replaceAll(/["\\]/g, '\\$&') : value}"`;
}

/** What `signalbox.append` answers. */
export interface GroupReply {
  /** The seq of the group's first record, had it any. */
  readonly first_seq: number;
  readonly floor_received: number;
  readonly refused_units: readonly number[] | null;
  readonly refused_reasons: readonly number[];
  readonly refused_seqs: readonly number[];
}

export interface GroupOutcome {
  readonly results: readonly AppendResult[];
  readonly records: readonly LogRecord[];
}

/** What became of each unit, and the records as they stand in the log. */
export function decodeReply(units: readonly Unit[], reply: GroupReply): GroupOutcome {
  const refused = new Map(reply.refused_units?.map((unit, i) => [unit - 1, i]));
  const records: LogRecord[] = [];
  const results: AppendResult[] = [];
  let received = reply.floor_received;
  for (const [index, { writes }] of units.entries()) {
    const refusal = refused.get(index);
    results.push(
      refusal === undefined
        ? { kind: 'appended', first: reply.first_seq + records.length }
        : refusalOf(reply.refused_reasons[refusal], reply.refused_seqs[refusal] ?? 0),
    );
    for (const write of writes) {
      received = Math.max(received, write.record.received);
      if (refusal !== undefined) continue;
      records.push(placeRecord(write, reply.first_seq + records.length, received));
    }
  }
  return { results, records };
}

function placeRecord(write: Write, seq: number, received: number): LogRecord {
  const [stream, prev] = [streamOf(write, seq), prevOf(write)];
  return { ...write.record, received, seq, stream, prev };
}

function refusalOf(reason: number | undefined, seq: number): AppendResult {
  if (reason === REASON.duplicate) return { kind: 'duplicate', seq };
  return reason === REASON.conflict ? { kind: 'conflict', seq } : { kind: 'stale' };
}
