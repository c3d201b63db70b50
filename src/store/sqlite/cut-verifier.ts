import type { LogReport } from '../verification.ts';
import { CARE_CONDITION } from './conditions.ts';
import type { SqliteDatabase } from './driver.ts';
import { rowSum } from './row-sum.ts';
import { dataOf } from './stored-records.ts';
import { readCut, recordDigest } from './trim.ts';

/** Kept records that one step looks at. */
const KEPT_PER_STEP = 500;

interface Said {
  readonly first: number;
  readonly last: number;
  readonly root: string;
  readonly kept: readonly (readonly [seq: number, until: number, digest: string])[];
}

/** Looks at what is left before the beginning of a log, and whether that is where it says. */
export class CutVerifier {
  readonly #db: SqliteDatabase;
  readonly #cut;
  #at = 0;
  #owed: (readonly [seq: number, digest: string])[] | undefined;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#cut = readCut(db);
  }

  /** Where the chain begins. */
  get start(): { readonly last: number; readonly digest: string } | undefined {
    return this.#cut;
  }

  /** The first bad place, null where none is left to be found, or undefined to be asked again. */
  step(): LogReport['firstBad'] | undefined {
    if (this.#cut === undefined) return null;
    if (this.#owed === undefined) return this.#open();
    return this.#records() ?? this.#promised();
  }

  #open(): LogReport['firstBad'] | undefined {
    const { last, digest, event } = this.#cut ?? { last: 0, digest: '', event: 0 };
    const row = this.#db.prepare(`SELECT seq, data FROM events WHERE seq = ?`).get(event);
    const said = row === undefined ? undefined : (JSON.parse(dataOf(this.#db, row)) as Said);
    if (said?.last !== last || said.root !== digest) {
      return { seq: last, reason: 'no record says that the log begins behind it' };
    }
    this.#owed = this.#promises();
    return undefined;
  }

  /** What records said that it would be kept, as long as its time is not over. */
  #promises(): [number, string][] {
    const { event = 0 } = this.#cut ?? {};
    const pruned = Number(this.#db.prepare('SELECT pruned FROM cuts').get()?.['pruned']);
    const care = `type = 'log.trimmed' AND ${CARE_CONDITION}`;
    const trims = this.#db
      .prepare(`SELECT seq, data FROM events WHERE ${care} AND seq <= ? ORDER BY seq DESC`)
      .all(event);
    const owed: [number, string][] = [];
    let begun = Number.POSITIVE_INFINITY;
    for (const row of trims) {
      const { first, last, kept } = JSON.parse(dataOf(this.#db, row)) as Said;
      // Where a later cut begins within it, it did not come about, and promises nothing.
      const came = last < begun ? kept : [];
      for (const [seq, until, digest] of came) if (until >= pruned) owed.push([seq, digest]);
      begun = Math.min(begun, first);
    }
    return owed;
  }

  #records(): LogReport['firstBad'] | undefined {
    const { last, swept } = this.#cut ?? { last: 0, swept: 0 };
    const rows = this.#db
      .prepare('SELECT seq FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?')
      .all(this.#at, Math.min(last, swept), KEPT_PER_STEP);
    for (const row of rows) {
      const seq = Number(row['seq']);
      this.#at = seq;
      if (!this.#isKept(seq)) return { seq, reason: 'the kept record is not what was written' };
    }
    return rows.length === 0 ? null : undefined;
  }

  #isKept(seq: number): boolean {
    const kept = this.#db.prepare('SELECT digest, sum FROM kept WHERE seq = ?').get(seq);
    if (kept === undefined) return false;
    const digest = String(kept['digest']);
    return kept['sum'] === rowSum('kept', seq, digest) && recordDigest(this.#db, seq) === digest;
  }

  #promised(): LogReport['firstBad'] {
    const find = this.#db.prepare('SELECT digest FROM kept WHERE seq = ?');
    for (const [seq, digest] of this.#owed ?? []) {
      if (find.get(seq)?.['digest'] === digest) continue;
      return { seq, reason: 'the record that was to be kept is missing' };
    }
    return null;
  }
}
