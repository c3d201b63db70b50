import type { Checkpoint, CursorRow, LogRecord, WindowRow } from '../contract.ts';
import type { CursorQuery, LogQuery, WindowQuery } from '../queries.ts';
import { keyPrefix } from '../dedupe.ts';
import { logConditions } from './conditions.ts';
import type { SqliteRow } from './driver.ts';
import type { Prepared } from './prepared.ts';
import { damagedRow, rowSum } from './row-sum.ts';
import { toRecord } from './rows.ts';
import { READ_LIMIT_MAX } from './run-reader.ts';
import { WINDOW_DAYS } from './seen.ts';

/** Payload characters after which a page of the log ends early. */
const READ_LENGTH_MAX = 8_388_608;

/** Reads the log and the consumers' places in it, on the writer's own connection. */
export class SqliteReader {
  readonly #prepared: Prepared;

  constructor(prepared: Prepared) {
    this.#prepared = prepared;
  }

  read(query: LogQuery): LogRecord[] {
    const { conditions, values } = logConditions(query);
    const order = query.newestFirst ? 'DESC' : 'ASC';
    const rows = this.#prepared
      .of(`SELECT * FROM events WHERE ${conditions.join(' AND ')} ORDER BY seq ${order} LIMIT ?`)
      .all(...values, Math.min(query.limit, READ_LIMIT_MAX));
    return this.#records(rows);
  }

  findForeign(id: string): LogRecord | undefined {
    const prefix = keyPrefix(id);
    const days = this.#prepared
      .of('SELECT DISTINCT day FROM seen_filters UNION SELECT max(day) FROM seen')
      .all();
    const latest = this.#prepared.of(
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
    return this.#records(this.#prepared.of('SELECT * FROM events WHERE seq = ?').all(seq))[0];
  }

  readAt(seqs: readonly number[]): LogRecord[] {
    return [...new Set(seqs)]
      .toSorted((a, b) => a - b)
      .map((seq) => this.record(seq))
      .filter((record) => record !== undefined);
  }

  readStream(stream: number): LogRecord[] {
    const records: LogRecord[] = [];
    const row =
      this.#prepared.of('SELECT version FROM runs WHERE id = ?').get(stream) ??
      this.#prepared.of('SELECT version FROM entities WHERE id = ?').get(stream);
    let seq: number | null = row === undefined ? null : Number(row['version']);
    while (seq !== null) {
      const record = this.record(seq);
      if (record === undefined || record.stream !== stream) break;
      records.push(record);
      seq = record.prev;
    }
    return records.toReversed();
  }

  checkpoint(consumer: string): Checkpoint {
    const row = this.#prepared.of('SELECT * FROM checkpoints WHERE consumer = ?').get(consumer);
    if (row === undefined) return { seq: 0, state: '{}' };
    const checkpoint = { seq: Number(row['seq']), state: String(row['state']) };
    const sum = rowSum('checkpoints', consumer, checkpoint.seq, checkpoint.state);
    if (row['sum'] !== sum) throw damagedRow(`the checkpoint of ${consumer}`);
    return checkpoint;
  }

  windows({ limit, after }: WindowQuery): WindowRow[] {
    const { flow, key } = after ?? { flow: '', key: '' };
    return this.#prepared
      .of(
        `SELECT * FROM windows WHERE (flow, key) >${after === undefined ? '=' : ''} (?, ?)
         ORDER BY flow, key LIMIT ?`,
      )
      .all(flow, key, Math.min(limit, READ_LIMIT_MAX))
      .map(toWindow);
  }

  cursors({ source, limit, after }: CursorQuery): CursorRow[] {
    return this.#prepared
      .of(
        `SELECT * FROM cursors WHERE source = ? AND key >${after === undefined ? '=' : ''} ?
         ORDER BY key LIMIT ?`,
      )
      .all(source, after ?? '', Math.min(limit, READ_LIMIT_MAX))
      .map(toCursor);
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
    const parts = this.#prepared.of('SELECT bytes FROM blobs WHERE seq = ? ORDER BY part').all(seq);
    return Buffer.concat(parts.map(({ bytes }) => bytes as Uint8Array)).toString('utf8');
  }
}

function toWindow(row: SqliteRow): WindowRow {
  const [flow, key] = [String(row['flow']), String(row['key'])];
  const [due, state] = [Number(row['due']), String(row['state'])];
  const isWhole = row['sum'] === rowSum('windows', flow, key, due, state);
  if (!isWhole) throw damagedRow(`a window of the flow ${flow}`);
  return { flow, key, due, state };
}

function toCursor(row: SqliteRow): CursorRow {
  const [source, key, value] = [String(row['source']), String(row['key']), String(row['value'])];
  const isWhole = row['sum'] === rowSum('cursors', source, key, value);
  if (!isWhole) throw damagedRow(`what the source ${source} remembers`);
  return { key, value };
}
