import type { AdvanceWrite, AppendResult, LogRecord, OpenWrite, Unit, Write } from '../contract.ts';
import { subjectOf } from '../unit-problem.ts';
import { REASON } from './append-function.ts';

/** Units in one commit: enough to make a commit nearly free, few enough to acknowledge at once. */
const GROUP_UNITS_MAX = 1_000;
/** Payload characters in one commit, unless a single unit has more. */
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
    for (const { record } of unit.writes) length += record.data.length;
    if (count > 0 && (count >= GROUP_UNITS_MAX || length > GROUP_LENGTH_MAX)) return count;
    const own = subjectsOf(unit);
    if (own.some((subject) => subjects.has(subject))) return count;
    for (const subject of own) subjects.add(subject);
    count++;
  }
  return count;
}

function subjectsOf({ writes, checkpoint }: Unit): string[] {
  const subjects = writes.map(subjectOf).filter((subject) => subject !== undefined);
  if (checkpoint !== undefined) subjects.push(`consumer ${checkpoint.consumer}`);
  return subjects;
}

type Values = (string | number | null)[];

/** The parameters of `signalbox.append` for these units, without session and number. */
export function encodeGroup(units: readonly Unit[]): string[] {
  const sizes: Values = [];
  const records = columns(14);
  const dedupes = columns(3);
  const opens = columns(15);
  const advances = columns(12);
  const moves = columns(5);
  let received = 0;
  for (const [index, { writes, checkpoint }] of units.entries()) {
    sizes.push(writes.length);
    for (const write of writes) {
      received = Math.max(received, write.record.received);
      push(records, [index + 1, ...recordValues(write, received)]);
      const place = records[0]?.length ?? 0;
      if (write.kind === 'open') push(opens, [place, ...openValues(write)]);
      else if (write.kind === 'advance') push(advances, [place, ...advanceValues(write)]);
      else if (write.dedupe) push(dedupes, [place, write.dedupe.key, write.dedupe.digest]);
    }
    if (checkpoint !== undefined) {
      const { consumer, from, to, state } = checkpoint;
      push(moves, [index + 1, consumer, from, to, state]);
    }
  }
  return [sizes, ...records, ...dedupes, ...opens, ...advances, ...moves].map(arrayLiteral);
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
  const stream = write.kind === 'advance' ? write.run : write.kind === 'open' ? 0 : null;
  const prev = write.kind === 'advance' ? write.expectedVersion : null;
  const { attributes, data } = write.record;
  const place = [correlation, causation, hops, stream, prev];
  return [type, version, source, id, subject, received, ...place, attributes, data];
}

function openValues({ row }: OpenWrite): Values {
  const { flow, catalog, event, correlation, hops, started } = row;
  return [flow, catalog, event, correlation, hops, started, ...controlValues(row)];
}

function advanceValues({ run, expectedVersion, expectedEpoch, row }: AdvanceWrite): Values {
  return [run, expectedVersion, expectedEpoch, ...controlValues(row)];
}

function controlValues(row: AdvanceWrite['row']): Values {
  const { state, at, attempt, due, epoch, crashes, ended, reason } = row;
  return [state, at, attempt, due, epoch, crashes, ended, reason];
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
  const stream = write.kind === 'advance' ? write.run : write.kind === 'open' ? seq : null;
  const prev = write.kind === 'advance' ? write.expectedVersion : null;
  return { ...write.record, received, seq, stream, prev };
}

function refusalOf(reason: number | undefined, seq: number): AppendResult {
  if (reason === REASON.duplicate) return { kind: 'duplicate', seq };
  return reason === REASON.conflict ? { kind: 'conflict', seq } : { kind: 'stale' };
}
