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
import type { Prepared } from './prepared.ts';
import { nullable, toEntity, toLetter, toRun } from './rows.ts';
import { DUE, HELD, STATE_NUMBERS, stateOf } from './states.ts';

/** Rows that one query reads at the most, so that no reading holds up the writer for long. */
export const READ_LIMIT_MAX = 1_000;

/** Reads the rows that are folded from the log: runs, dead letters and entities. */
export class RunReader {
  readonly #prepared: Prepared;

  constructor(prepared: Prepared) {
    this.#prepared = prepared;
  }

  run(id: number): RunRow | undefined {
    const row = this.#prepared.of('SELECT * FROM runs WHERE id = ?').get(id);
    return row === undefined ? undefined : toRun(row);
  }

  runs(query: RunQuery): RunRow[] {
    const { conditions, values } = runConditions(query);
    return this.#prepared
      .of(`SELECT * FROM runs WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ?`)
      .all(...values, limitOf(query))
      .map(toRun);
  }

  branches(query: BranchQuery): RunRow[] {
    const { parent, fork, after = 0 } = query;
    const sql = `SELECT * FROM runs INDEXED BY runs_parent WHERE parent = ? AND id > ?`;
    const rows =
      fork === undefined
        ? this.#prepared.of(`${sql} ORDER BY id LIMIT ?`).all(parent, after, limitOf(query))
        : this.#prepared
            .of(`${sql} AND fork = ? ORDER BY id LIMIT ?`)
            .all(parent, after, fork, limitOf(query));
    return rows.map(toRun);
  }

  claimable(query: ClaimQuery): RunRow[] {
    const { due, id } = query.after ?? { due: 0, id: 0 };
    return this.#prepared
      .of(
        `SELECT * FROM runs INDEXED BY runs_due WHERE lane = ? AND state = ? AND ${DUE}
           AND due <= ? AND (due, id) > (?, ?) ORDER BY due, id LIMIT ?`,
      )
      .all(query.lane, STATE_NUMBERS[query.state], query.now, due, id, limitOf(query))
      .map(toRun);
  }

  runsInLanes({ lanes, after = 0, limit }: LanesQuery): RunRow[] {
    const conditions = 'lane IN (SELECT value FROM json_each(?)) AND id > ?';
    const among = JSON.stringify(lanes);
    return this.#prepared
      .of(
        `SELECT * FROM runs INDEXED BY runs_due WHERE ${DUE} AND ${conditions}
         UNION ALL SELECT * FROM runs INDEXED BY runs_held WHERE ${HELD} AND ${conditions}
         ORDER BY id LIMIT ?`,
      )
      .all(among, after, among, after, limitOf({ limit }))
      .map(toRun);
  }

  /** Runs under way that no session holds but one of another epoch than this. */
  orphans(query: PageQuery, epoch: number): RunRow[] {
    return this.#prepared
      .of(
        `SELECT * FROM runs INDEXED BY runs_held WHERE state = ? AND ${HELD}
           AND id > ? AND epoch <> ? ORDER BY id LIMIT ?`,
      )
      .all(STATE_NUMBERS.running, query.after ?? 0, epoch, limitOf(query))
      .map(toRun);
  }

  lanes(): LaneRow[] {
    return laneRows(this.#tallies());
  }

  openRunsByFlow(): OpenRunsOfFlow[] {
    const rows = this.#prepared
      .of(
        `SELECT flow, catalog, count(*) AS n FROM (
           SELECT flow, catalog FROM runs INDEXED BY runs_due WHERE ${DUE}
           UNION ALL SELECT flow, catalog FROM runs INDEXED BY runs_held WHERE ${HELD}
         ) GROUP BY flow, catalog`,
      )
      .all();
    return rows.map(({ flow, catalog, n }) => {
      return { flow: String(flow), catalog: String(catalog), runs: Number(n) };
    });
  }

  letter(id: number): LetterRow | undefined {
    const row = this.#prepared.of('SELECT * FROM letters WHERE id = ?').get(id);
    return row === undefined ? undefined : toLetter(row);
  }

  letters(query: LetterQuery): LetterRow[] {
    const { conditions, values } = letterConditions(query);
    const index = query.state === 'open' ? 'INDEXED BY letters_open' : '';
    return this.#prepared
      .of(
        `SELECT * FROM letters ${index} WHERE ${conditions.join(' AND ')}
         ORDER BY id DESC LIMIT ?`,
      )
      .all(...values, limitOf(query))
      .map(toLetter);
  }

  entity(id: number): EntityRow | undefined {
    const row = this.#prepared.of('SELECT * FROM entities WHERE id = ?').get(id);
    return row === undefined ? undefined : toEntity(row);
  }

  entities(query: EntityQuery): EntityRow[] {
    const { conditions, values } = entityConditions(query);
    const where = conditions.join(' AND ');
    return this.#prepared
      .of(`SELECT * FROM entities WHERE ${where} ORDER BY id DESC LIMIT ?`)
      .all(...values, limitOf(query))
      .map(toEntity);
  }

  dueEntities(query: DueQuery): EntityRow[] {
    return this.#prepared
      .of(
        `SELECT * FROM entities INDEXED BY entities_due
         WHERE kind = ? AND due IS NOT NULL AND due <= ? ORDER BY due, id LIMIT ?`,
      )
      .all(query.kind, query.now, limitOf(query))
      .map(toEntity);
  }

  /** Each open run stands in one of the two indexes: those of both are all. */
  #tallies(): LaneTally[] {
    const rows = this.#prepared
      .of(
        `SELECT lane, state, count(*) AS n, min(due) AS due FROM runs INDEXED BY runs_due
         WHERE ${DUE} GROUP BY lane, state
         UNION ALL SELECT lane, state, count(*), NULL FROM runs INDEXED BY runs_held
         WHERE ${HELD} GROUP BY lane, state`,
      )
      .all();
    return rows.map(({ lane, state, n, due }) => ({
      lane: String(lane),
      state: stateOf(Number(state)),
      count: Number(n),
      due: nullable(due),
    }));
  }
}

function limitOf({ limit }: { readonly limit: number }): number {
  return Math.min(limit, READ_LIMIT_MAX);
}
