import type { LogReport } from '../verification.ts';
import { decodeErased } from '../erased.ts';
import { CHAIN_START, segmentDigest } from './chain.ts';
import { CARE_CONDITION } from './conditions.ts';
import { CutVerifier } from './cut-verifier.ts';
import type { SqliteDatabase, SqliteRow } from './driver.ts';
import { rowSum } from './row-sum.ts';
import { inspectSeen, type SeenPlace } from './seen.ts';
import { chainedValues, dataOf } from './stored-records.ts';
import type { Flat } from './wire.ts';

/** Segments that one step of a verification reads. */
const SEGMENTS_PER_STEP = 200;
/** Remembered ids that one step reads. */
const SEEN_PER_STEP = 1_000;
/** Windows, or cursors, that are looked at together. */
const ROWS_PER_PAGE = 1_000;

/**
 * Reads the log again, a few segments at a step, and compares it with its chain.
 *
 * Finds any changed, missing, added or reordered record below the last segment, and records that no
 * segment covers.
 */
export class Verifier {
  readonly #db: SqliteDatabase;
  readonly #deep: boolean;
  #digest: string = CHAIN_START;
  #done = 0;
  #seenPlace: SeenPlace | undefined = { day: -1, key: '' };
  readonly #cut: CutVerifier;
  #isCutSound = false;
  readonly #erased = new Set<number>();
  #trimmed = 0;

  /**
   * `deep` also checks the memory of foreign ids, and every page and index, these in one long step.
   */
  constructor(db: SqliteDatabase, deep: boolean) {
    this.#db = db;
    this.#deep = deep;
    this.#cut = new CutVerifier(db);
    const { start } = this.#cut;
    if (start === undefined) return;
    this.#done = start.last;
    this.#trimmed = start.last;
    this.#digest = start.digest;
  }

  /**
   * Goes on; answers a report when the end or the first bad place is reached, else how far it is.
   */
  step(): { readonly done: number; readonly report?: LogReport } {
    if (!this.#isCutSound) return this.#beginning();
    const segments = this.#db
      .prepare('SELECT last, digest FROM segments WHERE last > ? ORDER BY last LIMIT ?')
      .all(this.#done, SEGMENTS_PER_STEP);
    for (const segment of segments) {
      const bad = this.#segment(Number(segment['last']), String(segment['digest']));
      if (bad !== undefined) return this.#report(bad);
    }
    if (segments.length > 0) return { done: this.#done };
    if (this.#deep && this.#rest() === null && this.#seenPlace !== undefined) {
      return this.#inspectSeen(this.#seenPlace);
    }
    const firstBad =
      this.#rest() ??
      this.#unsaid() ??
      (this.#deep ? (this.#coordination() ?? this.#integrity()) : null);
    return this.#report(firstBad);
  }

  #report(firstBad: LogReport['firstBad']): ReturnType<Verifier['step']> {
    const report = {
      events: this.#done,
      ...(this.#trimmed > 0 ? { trimmed: this.#trimmed } : {}),
      ...(this.#erased.size > 0 ? { erased: this.#erased.size } : {}),
      firstBad,
    };
    return { done: this.#done, report };
  }

  #beginning(): ReturnType<Verifier['step']> {
    const bad = this.#cut.step();
    if (bad === null) this.#isCutSound = true;
    return bad === null || bad === undefined ? { done: this.#done } : this.#report(bad);
  }

  #segment(last: number, digest: string): LogReport['firstBad'] | undefined {
    const rows = this.#db
      .prepare('SELECT * FROM events WHERE seq > ? AND seq <= ? ORDER BY seq')
      .all(this.#done, last);
    const values: Flat = [];
    for (const [i, row] of rows.entries()) {
      const seq = this.#done + 1 + i;
      if (row['seq'] !== seq) return { seq, reason: 'the record is missing' };
      if (row['salt'] === null) this.#erased.add(seq);
      for (const value of chainedValues(this.#db, row)) values.push(value);
    }
    if (this.#done + rows.length !== last) {
      return { seq: this.#done + rows.length + 1, reason: 'the record is missing' };
    }
    const found = segmentDigest(this.#digest, values);
    if (found !== digest) {
      const reason = `the records ${this.#done + 1} to ${last} are not what was written`;
      return { seq: this.#done + 1, reason };
    }
    this.#digest = digest;
    this.#done = last;
    return undefined;
  }

  /** A payload that is gone, and no record says that somebody erased it. */
  #unsaid(): LogReport['firstBad'] {
    if (this.#erased.size === 0) return null;
    const said = this.#db
      .prepare(`SELECT seq, data FROM events WHERE type = 'event.erased' AND ${CARE_CONDITION}`)
      .all()
      .map((row) => decodeErased({ data: dataOf(this.#db, row) }).seq);
    const known = new Set(said);
    const bad = [...this.#erased].find((seq) => !known.has(seq));
    return bad === undefined
      ? null
      : { seq: bad, reason: 'its payload is gone, and no record says that it was erased' };
  }

  #inspectSeen(place: SeenPlace): ReturnType<Verifier['step']> {
    const { bad, end } = inspectSeen(this.#db, place, SEEN_PER_STEP);
    this.#seenPlace = end;
    if (bad === undefined) return { done: this.#done };
    const firstBad = { seq: bad, reason: 'what is remembered of its id is not what was written' };
    return this.#report(firstBad);
  }

  #rest(): LogReport['firstBad'] {
    const next = this.#db
      .prepare('SELECT min(seq) AS seq FROM events WHERE seq > ?')
      .get(this.#done);
    const seq = next?.['seq'];
    return seq === null || seq === undefined
      ? null
      : { seq: Number(seq), reason: 'the record belongs to no segment' };
  }

  #coordination(): LogReport['firstBad'] {
    return this.#checkpoints() ?? this.#windows() ?? this.#cursors();
  }

  #checkpoints(): LogReport['firstBad'] {
    const rows = this.#db.prepare('SELECT * FROM checkpoints').all();
    const bad = rows.find(({ consumer, seq, state, sum }) => {
      return sum !== rowSum('checkpoints', String(consumer), Number(seq), String(state));
    });
    if (bad === undefined) return null;
    const reason = `the checkpoint of ${String(bad['consumer'])} is not what was written`;
    return { seq: Number(bad['seq']), reason };
  }

  #windows(): LogReport['firstBad'] {
    const page = this.#db.prepare(
      'SELECT * FROM windows WHERE (flow, key) >= (?, ?) ORDER BY flow, key LIMIT ?',
    );
    let rows: SqliteRow[];
    let [flow, key] = ['', ''];
    do {
      rows = page.all(flow, key, ROWS_PER_PAGE);
      for (const row of rows) {
        [flow, key] = [String(row['flow']), String(row['key'])];
        const sum = rowSum('windows', flow, key, Number(row['due']), String(row['state']));
        if (row['sum'] === sum) continue;
        return { seq: this.#done, reason: `a window of the flow ${flow} is not what was written` };
      }
    } while (rows.length === ROWS_PER_PAGE);
    return null;
  }

  #cursors(): LogReport['firstBad'] {
    const page = this.#db.prepare(
      'SELECT * FROM cursors WHERE (source, key) >= (?, ?) ORDER BY source, key LIMIT ?',
    );
    let rows: SqliteRow[];
    let [source, key] = ['', ''];
    do {
      rows = page.all(source, key, ROWS_PER_PAGE);
      for (const row of rows) {
        [source, key] = [String(row['source']), String(row['key'])];
        if (row['sum'] === rowSum('cursors', source, key, String(row['value']))) continue;
        const reason = `what the source ${source} remembers is not what was written`;
        return { seq: this.#done, reason };
      }
    } while (rows.length === ROWS_PER_PAGE);
    return null;
  }

  #integrity(): LogReport['firstBad'] {
    const [row] = this.#db.prepare('PRAGMA integrity_check(1)').all();
    const answer = String(row?.['integrity_check'] ?? 'no answer');
    return answer === 'ok' ? null : { seq: this.#done, reason: `the file is damaged: ${answer}` };
  }
}
