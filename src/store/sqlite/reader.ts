import {
  type Checkpoint,
  type ClaimQuery,
  type LogQuery,
  type LogRecord,
  type OpenRuns,
  type OpenRunsOfFlow,
  RARE_TYPES,
  type RunQuery,
  type RunRow,
  type RunState,
} from '../contract.ts';
import { keyPrefix } from '../dedupe.ts';
import type { SqliteDatabase, SqliteRow, SqliteStatement, SqliteValue } from './driver.ts';
import { damagedRow, rowSum } from './row-sum.ts';
import { WINDOW_DAYS } from './seen.ts';
import { STATES } from './wire.ts';

/** Rows that one query reads at the most, so that no reading holds up the writer for long. */
export const READ_LIMIT_MAX = 1_000;
/** Payload characters after which a page of the log ends early. */
const READ_LENGTH_MAX = 8_388_608;
const RUNNING = STATES.indexOf('running');

/** Reads what the writer wrote, on the same connection. */
export class SqliteReader {
  readonly #db: SqliteDatabase;
  readonly #prepared = new Map<string, SqliteStatement>();

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  read(query: LogQuery): LogRecord[] {
    const { conditions, values } = logConditions(query);
    const order = query.newestFirst ? 'DESC' : 'ASC';
    const rows = this.#statement(
      `SELECT * FROM events WHERE ${conditions.join(' AND ')} ORDER BY seq ${order} LIMIT ?`,
    ).all(...values, Math.min(query.limit, READ_LIMIT_MAX));
    return this.#records(rows);
  }

  findForeign(id: string): LogRecord | undefined {
    const prefix = keyPrefix(id);
    const days = this.#statement(
      'SELECT DISTINCT day FROM seen_filters UNION SELECT max(day) FROM seen',
    ).all();
    const latest = this.#statement(
      `SELECT max(seq) AS seq FROM seen WHERE day = ? AND key >= ? AND key < ? || '~'`,
    );
    const seqs = days.slice(-WINDOW_DAYS - 1).map(({ day }) => {
      return day === null || day === undefined
        ? 0
        : Number(latest.get(day, prefix, prefix)?.['seq'] ?? 0);
    });
    const seq = Math.max(0, ...seqs);
    const record = seq === 0 ? undefined : this.record(seq);
    return record?.id === id ? record : undefined;
  }

  record(seq: number): LogRecord | undefined {
    return this.#records(this.#statement('SELECT * FROM events WHERE seq = ?').all(seq))[0];
  }

  readStream(stream: number): LogRecord[] {
    const records: LogRecord[] = [];
    let seq: number | null = this.run(stream)?.version ?? null;
    while (seq !== null) {
      const record = this.record(seq);
      if (record === undefined || record.stream !== stream) break;
      records.push(record);
      seq = record.prev;
    }
    return records.toReversed();
  }

  run(id: number): RunRow | undefined {
    const row = this.#statement('SELECT * FROM runs WHERE id = ?').get(id);
    return row === undefined ? undefined : toRun(row);
  }

  runs(query: RunQuery): RunRow[] {
    const { conditions, values } = runConditions(query);
    return this.#statement(
      `SELECT * FROM runs WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ?`,
    )
      .all(...values, Math.min(query.limit, READ_LIMIT_MAX))
      .map(toRun);
  }

  claimable(query: ClaimQuery, epoch: number): RunRow[] {
    const limit = Math.min(query.limit, READ_LIMIT_MAX);
    const { due, id } = query.after ?? { due: 0, id: 0 };
    const orphans = query.orphans && query.after === undefined ? this.#orphans(epoch, limit) : [];
    const rows = this.#statement(
      `SELECT * FROM runs INDEXED BY runs_open
       WHERE state < 3 AND due <= ? AND (due, id) > (?, ?) ORDER BY due, id LIMIT ?`,
    ).all(query.now, due, id, limit - orphans.length);
    return [...orphans, ...rows.map(toRun)];
  }

  #orphans(epoch: number, limit: number): RunRow[] {
    return this.#statement(
      `SELECT * FROM runs INDEXED BY runs_open
       WHERE state < 3 AND due IS NULL AND state = ? AND epoch <> ? ORDER BY id LIMIT ?`,
    )
      .all(RUNNING, epoch, limit)
      .map(toRun);
  }

  openRuns(): OpenRuns {
    const rows = this.#statement(
      'SELECT state, count(*) AS n FROM runs INDEXED BY runs_open WHERE state < 3 GROUP BY state',
    ).all();
    const counted = new Map(rows.map(({ state, n }) => [STATES[Number(state)], Number(n)]));
    const count = (state: RunState): number => counted.get(state) ?? 0;
    return { queued: count('queued'), running: count('running'), waiting: count('waiting') };
  }

  openRunsByFlow(): OpenRunsOfFlow[] {
    const rows = this.#statement(
      `SELECT flow, catalog, count(*) AS n FROM runs INDEXED BY runs_open
       WHERE state < 3 GROUP BY flow, catalog`,
    ).all();
    return rows.map(({ flow, catalog, n }) => {
      return { flow: String(flow), catalog: String(catalog), runs: Number(n) };
    });
  }

  nextDue(): number | null {
    const row = this.#statement(
      'SELECT min(due) AS due FROM runs INDEXED BY runs_open WHERE state < 3 AND due IS NOT NULL',
    ).get();
    return nullable(row?.['due']);
  }

  checkpoint(consumer: string): Checkpoint {
    const row = this.#statement('SELECT * FROM checkpoints WHERE consumer = ?').get(consumer);
    if (row === undefined) return { seq: 0, state: '{}' };
    const checkpoint = { seq: Number(row['seq']), state: String(row['state']) };
    const sum = rowSum('checkpoints', consumer, checkpoint.seq, checkpoint.state);
    if (row['sum'] !== sum) throw damagedRow(`the checkpoint of ${consumer}`);
    return checkpoint;
  }

  #statement(sql: string): SqliteStatement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  #records(rows: readonly SqliteRow[]): LogRecord[] {
    const records: LogRecord[] = [];
    let length = 0;
    for (const row of rows) {
      const record = toRecord(
        row,
        row['data'] === null ? this.#payload(Number(row['seq'])) : String(row['data']),
      );
      records.push(record);
      length += record.data.length;
      if (length > READ_LENGTH_MAX) break;
    }
    return records;
  }

  #payload(seq: number): string {
    const parts = this.#statement('SELECT bytes FROM blobs WHERE seq = ? ORDER BY part').all(seq);
    return Buffer.concat(parts.map(({ bytes }) => bytes as Uint8Array)).toString('utf8');
  }
}

/** Names the types as the index `events_rare` does, so that it serves; they are ours, no user's. */
const RARE_CONDITION = `type IN (${RARE_TYPES.map((type) => `'${type}'`).join(', ')})`;

interface Conditions {
  readonly conditions: string[];
  readonly values: SqliteValue[];
}

function logConditions(query: LogQuery): Conditions {
  const built: Conditions = { conditions: ['seq > ?'], values: [query.after] };
  if (query.until !== undefined) add(built, 'seq <= ?', query.until);
  if (query.causation !== undefined)
    add(built, 'causation = ? AND stream IS NULL', query.causation);
  if (query.type?.endsWith('*')) {
    const prefix = query.type.slice(0, -1);
    add(built, 'substr(type, 1, ?) = ?', prefix.length, prefix);
  } else if (query.type !== undefined && RARE_TYPES.includes(query.type)) {
    // The condition of the partial index, word for word: SQLite does not infer it from the other.
    built.conditions.push(RARE_CONDITION);
    add(built, 'type = ?', query.type);
  } else if (query.type !== undefined) add(built, 'type = ?', query.type);
  return built;
}

function runConditions(query: RunQuery): Conditions {
  const built: Conditions = {
    conditions: ['id < ?'],
    values: [query.before ?? Number.MAX_SAFE_INTEGER],
  };
  if (query.state !== undefined) add(built, 'state = ?', STATES.indexOf(query.state));
  if (query.flow !== undefined) add(built, 'flow = ?', query.flow);
  if (query.event !== undefined) add(built, 'event = ?', query.event);
  return built;
}

function add(built: Conditions, condition: string, ...values: SqliteValue[]): void {
  built.conditions.push(condition);
  built.values.push(...values);
}

function toRecord(row: SqliteRow, data: string): LogRecord {
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

function toRun(row: SqliteRow): RunRow {
  return {
    id: Number(row['id']),
    version: Number(row['version']),
    flow: String(row['flow']),
    catalog: String(row['catalog']),
    event: Number(row['event']),
    correlation: String(row['correlation']),
    hops: Number(row['hops']),
    started: Number(row['started']),
    state: STATES[Number(row['state'])] ?? 'failed',
    at: String(row['at']),
    attempt: Number(row['attempt']),
    due: nullable(row['due']),
    epoch: Number(row['epoch']),
    crashes: Number(row['crashes']),
    ended: nullable(row['ended']),
    reason: text(row['reason']),
  };
}

function text(value: SqliteValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function nullable(value: SqliteValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
