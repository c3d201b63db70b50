import type { LaneRow, LetterRow, OpenRunsOfFlow, RunRow } from '../contract.ts';
import type { EntityRow } from '../entity.ts';
import { laneRows, type LaneTally } from '../lane-rows.ts';
import type {
  BranchQuery,
  ClaimQuery,
  DueQuery,
  EntityQuery,
  LanesQuery,
  LetterQuery,
  PageQuery,
  RunQuery,
} from '../queries.ts';
import { entityConditions, letterConditions, runConditions } from './conditions.ts';
import { SESSION_LOCK } from './follower.ts';
import { type Queries, READ_LIMIT_MAX } from './queries.ts';

const RUN = `id, version, flow, catalog, event, correlation, hops, started, lane, parent, fork,
  branch, state, at, attempt, due, epoch, crashes, ended, reason`;
const ENTITY = 'id, version, kind, state, run, due, ended, data';
const LETTER = 'id, kind, event, flow, run, step, attempts, code, message, at, state, closed';
/** The conditions of the two partial indexes of open runs. */
const DUE = `state IN ('queued', 'waiting') AND due IS NOT NULL`;
const HELD = `(state IN ('running', 'paused') OR (state IN ('queued', 'waiting') AND due IS NULL))`;

/** Reads the rows that are folded from the log: runs, dead letters and entities. */
export class RunReader {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async run(id: number): Promise<RunRow | undefined> {
    const rows = await this.#queries.rows<RunRow>(
      `SELECT ${RUN} FROM signalbox.runs WHERE id = $1`,
      [id],
    );
    return rows[0];
  }

  runs(query: RunQuery): Promise<RunRow[]> {
    const { conditions, values } = runConditions(query);
    values.push(limitOf(query));
    return this.#queries.rows<RunRow>(
      `SELECT ${RUN} FROM signalbox.runs WHERE ${conditions.join(' AND ')}
       ORDER BY id DESC LIMIT $${values.length}`,
      values,
    );
  }

  branches({ parent, fork, after = 0, limit }: BranchQuery): Promise<RunRow[]> {
    return this.#queries.rows<RunRow>(
      `SELECT ${RUN} FROM signalbox.runs
       WHERE parent = $1 AND id > $2 AND ($3::bigint IS NULL OR fork = $3) ORDER BY id LIMIT $4`,
      [parent, after, fork ?? null, limitOf({ limit })],
    );
  }

  claimable(query: ClaimQuery): Promise<RunRow[]> {
    const { due, id } = query.after ?? { due: 0, id: 0 };
    return this.#queries.rows<RunRow>(
      `SELECT ${RUN} FROM signalbox.runs WHERE lane = $1 AND state = $2 AND ${DUE} AND due <= $3
         AND (due, id) > ($4, $5) ORDER BY due, id LIMIT $6`,
      [query.lane, query.state, query.now, due, id, limitOf(query)],
    );
  }

  runsInLanes({ lanes, after = 0, limit }: LanesQuery): Promise<RunRow[]> {
    return this.#queries.rows<RunRow>(
      `SELECT ${RUN} FROM signalbox.runs WHERE ${DUE} AND lane = ANY ($1) AND id > $2
       UNION ALL SELECT ${RUN} FROM signalbox.runs WHERE ${HELD} AND lane = ANY ($1) AND id > $2
       ORDER BY id LIMIT $3`,
      [lanes, after, limitOf({ limit })],
    );
  }

  /** What a session held that has ended, which its advisory lock tells. */
  orphans({ after = 0, limit }: PageQuery): Promise<RunRow[]> {
    return this.#queries.rows<RunRow>(
      `SELECT ${RUN} FROM signalbox.runs
       WHERE state = 'running' AND id > $2 AND epoch <> ALL (
         SELECT objid::bigint FROM pg_locks
         WHERE locktype = 'advisory' AND classid = $1 AND objsubid = 2 AND granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       ) ORDER BY id LIMIT $3`,
      [SESSION_LOCK, after, limitOf({ limit })],
    );
  }

  async lanes(): Promise<LaneRow[]> {
    return laneRows(await this.#tallies());
  }

  /** Each open run stands in one of the two indexes: those of both are all. */
  #tallies(): Promise<LaneTally[]> {
    return this.#queries.rows<LaneTally>(
      `SELECT lane, state, count(*) AS count, min(due) AS due FROM signalbox.runs
       WHERE ${DUE} GROUP BY lane, state
       UNION ALL SELECT lane, state, count(*), NULL FROM signalbox.runs
       WHERE ${HELD} GROUP BY lane, state`,
    );
  }

  openRunsByFlow(): Promise<OpenRunsOfFlow[]> {
    return this.#queries.rows<OpenRunsOfFlow>(
      `SELECT flow, catalog, count(*) AS runs FROM (
         SELECT flow, catalog FROM signalbox.runs WHERE ${DUE}
         UNION ALL SELECT flow, catalog FROM signalbox.runs WHERE ${HELD}
       ) AS open GROUP BY flow, catalog`,
    );
  }

  async letter(id: number): Promise<LetterRow | undefined> {
    const rows = await this.#queries.rows<LetterRow>(
      `SELECT ${LETTER} FROM signalbox.letters WHERE id = $1`,
      [id],
    );
    return rows[0];
  }

  letters(query: LetterQuery): Promise<LetterRow[]> {
    const { conditions, values } = letterConditions(query);
    values.push(limitOf(query));
    return this.#queries.rows<LetterRow>(
      `SELECT ${LETTER} FROM signalbox.letters WHERE ${conditions.join(' AND ')}
       ORDER BY id DESC LIMIT $${values.length}`,
      values,
    );
  }

  async entity(id: number): Promise<EntityRow | undefined> {
    const rows = await this.#queries.rows<EntityRow>(
      `SELECT ${ENTITY} FROM signalbox.entities WHERE id = $1`,
      [id],
    );
    return rows[0];
  }

  entities(query: EntityQuery): Promise<EntityRow[]> {
    const { conditions, values } = entityConditions(query);
    values.push(limitOf(query));
    return this.#queries.rows<EntityRow>(
      `SELECT ${ENTITY} FROM signalbox.entities WHERE ${conditions.join(' AND ')}
       ORDER BY id DESC LIMIT $${values.length}`,
      values,
    );
  }

  dueEntities(query: DueQuery): Promise<EntityRow[]> {
    return this.#queries.rows<EntityRow>(
      `SELECT ${ENTITY} FROM signalbox.entities
       WHERE kind = $1 AND due IS NOT NULL AND due <= $2 ORDER BY due, id LIMIT $3`,
      [query.kind, query.now, limitOf(query)],
    );
  }
}

function limitOf({ limit }: { readonly limit: number }): number {
  return Math.min(limit, READ_LIMIT_MAX);
}
