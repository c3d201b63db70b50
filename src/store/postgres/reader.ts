import type { Checkpoint, CursorRow, LogRecord, WindowRow } from '../contract.ts';
import type { CursorQuery, LogQuery, WindowQuery } from '../queries.ts';
import { keyPrefix } from '../dedupe.ts';
import { logConditions } from './conditions.ts';
import { type Queries, READ_LIMIT_MAX } from './queries.ts';

/** Payload bytes after which a page of the log ends early. */
const READ_BYTES_MAX = 8_388_608;

const RECORD = `seq, type, version, source, id, subject, received, correlation, causation, hops,
  stream, prev, attributes, data`;

/** Reads the log and the consumers' places in it, as any client has committed them. */
export class Reader {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async read(query: LogQuery): Promise<LogRecord[]> {
    const order = query.newestFirst ? 'DESC' : 'ASC';
    const { conditions, values } = logConditions(query);
    values.push(Math.min(query.limit, READ_LIMIT_MAX), READ_BYTES_MAX);
    const page = `SELECT * FROM signalbox.events WHERE ${conditions.join(' AND ')}
      ORDER BY seq ${order} LIMIT $${values.length - 1}`;
    const sized = `SELECT *, octet_length(data) AS size,
      sum(octet_length(data)) OVER (ORDER BY seq ${order}) AS total FROM (${page}) AS page`;
    return this.#queries.rows<LogRecord>(
      `SELECT ${RECORD} FROM (${sized}) AS sized WHERE total - size < $${values.length}
       ORDER BY seq ${order}`,
      values,
    );
  }

  async findForeign(id: string): Promise<LogRecord | undefined> {
    const prefix = keyPrefix(id);
    const rows = await this.#queries.rows<LogRecord>(
      `SELECT ${RECORD} FROM signalbox.events WHERE id = $1 AND seq IN (
         SELECT s.seq FROM (SELECT DISTINCT period FROM signalbox.seen) AS p
         JOIN signalbox.seen AS s ON s.period = p.period AND s.key >= $2 AND s.key < $3
       ) ORDER BY seq DESC LIMIT 1`,
      [id, prefix, `${prefix}~`],
    );
    return rows[0];
  }

  readAt(seqs: readonly number[]): Promise<LogRecord[]> {
    return this.#queries.rows<LogRecord>(
      `SELECT ${RECORD} FROM signalbox.events WHERE seq = ANY ($1::bigint[]) ORDER BY seq`,
      [seqs],
    );
  }

  /** Follows the chain back from the run's last record: a stream has no index of its own. */
  readStream(stream: number): Promise<LogRecord[]> {
    return this.#queries.rows<LogRecord>(
      `WITH RECURSIVE chain AS (
         SELECT e.seq, e.prev FROM (
           SELECT version FROM signalbox.runs WHERE id = $1
           UNION ALL SELECT version FROM signalbox.entities WHERE id = $1
         ) AS r JOIN signalbox.events AS e ON e.seq = r.version
         UNION ALL
         SELECT e.seq, e.prev FROM chain AS c JOIN signalbox.events AS e ON e.seq = c.prev
       )
       SELECT ${RECORD} FROM signalbox.events WHERE seq IN (SELECT seq FROM chain) ORDER BY seq`,
      [stream],
    );
  }

  async checkpoint(consumer: string): Promise<Checkpoint> {
    const rows = await this.#queries.rows<Checkpoint>(
      'SELECT seq, state FROM signalbox.checkpoints WHERE consumer = $1',
      [consumer],
    );
    return rows[0] ?? { seq: 0, state: '{}' };
  }

  windows({ limit, after }: WindowQuery): Promise<WindowRow[]> {
    const place = after === undefined ? [] : [after.flow, after.key];
    return this.#queries.rows<WindowRow>(
      `SELECT flow, key, due, state FROM signalbox.windows
       ${after === undefined ? '' : 'WHERE (flow, key) > ($2, $3)'}
       ORDER BY flow, key LIMIT $1`,
      [Math.min(limit, READ_LIMIT_MAX), ...place],
    );
  }

  cursors({ source, limit, after }: CursorQuery): Promise<CursorRow[]> {
    const place = after === undefined ? [] : [after];
    return this.#queries.rows<CursorRow>(
      `SELECT key, value FROM signalbox.cursors
       WHERE source = $2 ${after === undefined ? '' : 'AND key > $3'} ORDER BY key LIMIT $1`,
      [Math.min(limit, READ_LIMIT_MAX), source, ...place],
    );
  }

  /** The first of the seqs `from` to `to` at which the log is not dense, or its chain is broken. */
  async firstBad(from: number, to: number): Promise<{ seq: number; reason: string } | undefined> {
    const rows = await this.#queries.rows<{ seq: number; reason: string }>(
      `SELECT s.seq, CASE WHEN e.seq IS NULL THEN 'the record is missing'
         ELSE 'its stream does not lead back to where it says' END AS reason
       FROM generate_series($1::bigint, $2::bigint) AS s (seq)
       LEFT JOIN signalbox.events AS e ON e.seq = s.seq
       LEFT JOIN signalbox.events AS p ON p.seq = e.prev
       WHERE e.seq IS NULL OR (e.prev IS NOT NULL AND p.stream IS DISTINCT FROM e.stream)
         OR (e.prev IS NULL AND e.stream <> e.seq) OR e.prev >= e.seq
       ORDER BY s.seq LIMIT 1`,
      [from, to],
    );
    return rows[0];
  }
}
