import type pg from 'pg';
import type { Clock } from '../../std/clock.ts';
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
} from '../contract.ts';
import { keyPrefix } from '../dedupe.ts';
import { outlast, within } from './faults.ts';
import { SESSION_LOCK } from './follower.ts';

/** Rows that one query reads at the most. */
const READ_LIMIT_MAX = 1_000;
/** Payload bytes after which a page of the log ends early. */
const READ_BYTES_MAX = 8_388_608;
const ANSWER_MS_MAX = 30_000;

const RECORD = `seq, type, version, source, id, subject, received, correlation, causation, hops,
  stream, prev, attributes, data`;
const RUN = `id, version, flow, catalog, event, correlation, hops, started, state, at, attempt, due,
  epoch, crashes, ended, reason`;
const OPEN = `state IN ('queued', 'running', 'waiting')`;

/** Reads what any client has committed. Outlasts an outage: reading twice does no harm. */
export class Reader {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #closed = new AbortController();

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Ends what still waits for the end of an outage. */
  close(): void {
    this.#closed.abort();
  }

  async read(query: LogQuery): Promise<LogRecord[]> {
    const order = query.newestFirst ? 'DESC' : 'ASC';
    const { conditions, values } = logConditions(query);
    values.push(Math.min(query.limit, READ_LIMIT_MAX), READ_BYTES_MAX);
    const page = `SELECT * FROM signalbox.events WHERE ${conditions.join(' AND ')}
      ORDER BY seq ${order} LIMIT $${values.length - 1}`;
    const sized = `SELECT *, octet_length(data) AS size,
      sum(octet_length(data)) OVER (ORDER BY seq ${order}) AS total FROM (${page}) AS page`;
    return this.#rows<LogRecord>(
      `SELECT ${RECORD} FROM (${sized}) AS sized WHERE total - size < $${values.length}
       ORDER BY seq ${order}`,
      values,
    );
  }

  async findForeign(id: string): Promise<LogRecord | undefined> {
    const prefix = keyPrefix(id);
    const rows = await this.#rows<LogRecord>(
      `SELECT ${RECORD} FROM signalbox.events WHERE id = $1 AND seq IN (
         SELECT s.seq FROM (SELECT DISTINCT period FROM signalbox.seen) AS p
         JOIN signalbox.seen AS s ON s.period = p.period AND s.key >= $2 AND s.key < $3
       ) ORDER BY seq DESC LIMIT 1`,
      [id, prefix, `${prefix}~`],
    );
    return rows[0];
  }

  /** Follows the chain back from the run's last record: a stream has no index of its own. */
  readStream(stream: number): Promise<LogRecord[]> {
    return this.#rows<LogRecord>(
      `WITH RECURSIVE chain AS (
         SELECT e.seq, e.prev FROM signalbox.runs AS r
         JOIN signalbox.events AS e ON e.seq = r.version WHERE r.id = $1
         UNION ALL
         SELECT e.seq, e.prev FROM chain AS c JOIN signalbox.events AS e ON e.seq = c.prev
       )
       SELECT ${RECORD} FROM signalbox.events WHERE seq IN (SELECT seq FROM chain) ORDER BY seq`,
      [stream],
    );
  }

  async run(id: number): Promise<RunRow | undefined> {
    const rows = await this.#rows<RunRow>(`SELECT ${RUN} FROM signalbox.runs WHERE id = $1`, [id]);
    return rows[0];
  }

  runs(query: RunQuery): Promise<RunRow[]> {
    const { conditions, values } = runConditions(query);
    values.push(Math.min(query.limit, READ_LIMIT_MAX));
    return this.#rows<RunRow>(
      `SELECT ${RUN} FROM signalbox.runs WHERE ${conditions.join(' AND ')}
       ORDER BY id DESC LIMIT $${values.length}`,
      values,
    );
  }

  /** Orphans first: what a session held that has ended, which its advisory lock tells. */
  async claimable(query: ClaimQuery): Promise<RunRow[]> {
    const limit = Math.min(query.limit, READ_LIMIT_MAX);
    const { due, id } = query.after ?? { due: 0, id: 0 };
    const orphans = query.orphans ? await this.#orphans(limit) : [];
    const dues = await this.#rows<RunRow>(
      `SELECT ${RUN} FROM signalbox.runs WHERE ${OPEN} AND due <= $1 AND (due, id) > ($2, $3)
       ORDER BY due, id LIMIT $4`,
      [query.now, due, id, limit - orphans.length],
    );
    return [...orphans, ...dues];
  }

  #orphans(limit: number): Promise<RunRow[]> {
    return this.#rows<RunRow>(
      `SELECT ${RUN} FROM signalbox.runs
       WHERE ${OPEN} AND due IS NULL AND state = 'running' AND epoch <> ALL (
         SELECT objid::bigint FROM pg_locks
         WHERE locktype = 'advisory' AND classid = $1 AND objsubid = 2 AND granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       ) ORDER BY id LIMIT $2`,
      [SESSION_LOCK, limit],
    );
  }

  async openRuns(): Promise<OpenRuns> {
    const rows = await this.#rows<{ state: keyof OpenRuns; count: number }>(
      `SELECT state, count(*) AS count FROM signalbox.runs WHERE ${OPEN} GROUP BY state`,
    );
    const counted = Object.fromEntries(rows.map(({ state, count }) => [state, count]));
    return { queued: 0, running: 0, waiting: 0, ...counted };
  }

  async openRunsByFlow(): Promise<OpenRunsOfFlow[]> {
    return this.#rows<OpenRunsOfFlow>(
      `SELECT flow, catalog, count(*) AS runs FROM signalbox.runs WHERE ${OPEN}
       GROUP BY flow, catalog`,
    );
  }

  async nextDue(): Promise<number | null> {
    const [row] = await this.#rows<{ due: number | null }>(
      `SELECT min(due) AS due FROM signalbox.runs WHERE ${OPEN}`,
    );
    return row?.due ?? null;
  }

  async checkpoint(consumer: string): Promise<Checkpoint> {
    const rows = await this.#rows<Checkpoint>(
      'SELECT seq, state FROM signalbox.checkpoints WHERE consumer = $1',
      [consumer],
    );
    return rows[0] ?? { seq: 0, state: '{}' };
  }

  /** The first of the seqs `from` to `to` at which the log is not dense, or its chain is broken. */
  async firstBad(from: number, to: number): Promise<{ seq: number; reason: string } | undefined> {
    const rows = await this.#rows<{ seq: number; reason: string }>(
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

  #rows<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return outlast({ clock: this.#clock, signal: this.#closed.signal }, async () => {
      const client = await this.#pool.connect();
      let broken = true;
      try {
        const result = client.query<Row>(text, values);
        const { rows } = await within(this.#clock, ANSWER_MS_MAX, result);
        broken = false;
        return rows;
      } finally {
        client.release(broken);
      }
    });
  }
}

interface Conditions {
  readonly conditions: string[];
  readonly values: (string | number)[];
}

function logConditions(query: LogQuery): Conditions {
  const built: Conditions = { conditions: [], values: [] };
  add(built, 'seq >', query.after);
  if (query.until !== undefined) add(built, 'seq <=', query.until);
  if (query.causation !== undefined) {
    add(built, 'stream IS NULL AND causation =', query.causation);
  }
  if (query.type?.endsWith('*')) add(built, 'type ^@', query.type.slice(0, -1));
  else if (query.type !== undefined && RARE_TYPES.includes(query.type)) {
    // A literal, since a partial index serves no parameter; the text is one of ours.
    built.conditions.push(`type = '${query.type}'`);
  } else if (query.type !== undefined) add(built, 'type =', query.type);
  return built;
}

function runConditions(query: RunQuery): Conditions {
  const built: Conditions = { conditions: [], values: [] };
  add(built, 'id <', query.before ?? Number.MAX_SAFE_INTEGER);
  if (query.state !== undefined) add(built, 'state =', query.state);
  if (query.flow !== undefined) add(built, 'flow =', query.flow);
  if (query.event !== undefined) add(built, 'event =', query.event);
  return built;
}

function add({ conditions, values }: Conditions, condition: string, value: string | number): void {
  values.push(value);
  conditions.push(`${condition} $${values.length}`);
}
