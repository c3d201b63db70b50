import type { LetterRow, LogRecord, RunRow } from '../contract.ts';
import type { EntityRow } from '../entity.ts';
import type { SqliteRow, SqliteValue } from './driver.ts';
import { stateOf } from './states.ts';

/** A row of `events`, and its payload, which may be kept elsewhere. */
export function toRecord(row: SqliteRow, data: string): LogRecord {
  return {
    seq: Number(row['seq']),
    type: String(row['type']),
    version: Number(row['version']),
    source: text(row['source']),
    id: text(row['id']),
    subject: text(row['subject']),
    received: Number(row['received']),
    correlation: text(row['correlation']),
    causation: nullable(row['causation']),
    hops: Number(row['hops']),
    stream: nullable(row['stream']),
    prev: nullable(row['prev']),
    attributes: text(row['attributes']),
    data,
  };
}

/** A row of `runs`. */
export function toRun(row: SqliteRow): RunRow {
  return {
    id: Number(row['id']),
    version: Number(row['version']),
    flow: String(row['flow']),
    catalog: String(row['catalog']),
    event: Number(row['event']),
    correlation: String(row['correlation']),
    hops: Number(row['hops']),
    started: Number(row['started']),
    lane: String(row['lane']),
    parent: nullable(row['parent']),
    fork: nullable(row['fork']),
    branch: nullable(row['branch']),
    state: stateOf(Number(row['state'])),
    at: String(row['at']),
    attempt: Number(row['attempt']),
    due: nullable(row['due']),
    epoch: Number(row['epoch']),
    crashes: Number(row['crashes']),
    ended: nullable(row['ended']),
    reason: text(row['reason']),
  };
}

/** A row of `letters`. */
export function toLetter(row: SqliteRow): LetterRow {
  return {
    id: Number(row['id']),
    kind: String(row['kind']) as LetterRow['kind'],
    event: Number(row['event']),
    flow: String(row['flow']),
    run: nullable(row['run']),
    step: text(row['step']),
    attempts: Number(row['attempts']),
    code: String(row['code']),
    message: String(row['message']),
    at: Number(row['at']),
    state: String(row['state']) as LetterRow['state'],
    closed: nullable(row['closed']),
  };
}

/** A row of `entities`. */
export function toEntity(row: SqliteRow): EntityRow {
  return {
    id: Number(row['id']),
    version: Number(row['version']),
    kind: String(row['kind']) as EntityRow['kind'],
    state: String(row['state']),
    run: nullable(row['run']),
    due: nullable(row['due']),
    ended: nullable(row['ended']),
    data: String(row['data']),
  };
}

function text(value: SqliteValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** A number, or null. */
export function nullable(value: SqliteValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
