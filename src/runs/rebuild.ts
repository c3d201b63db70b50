import { proposalFold } from '../gates/proposal-fold.ts';
import type { LetterDraft, LogRecord, RunRow, Store } from '../store/contract.ts';
import type { EntityFold } from '../store/entity.ts';
import { correlationOf } from '../store/record.ts';
import { EntityCheck, type EntityDifference } from './entity-check.ts';
import { born, evolve, type Run } from './evolve.ts';
import { decodeJournal, type JournalEvent } from './journal.ts';
import { runLetter } from './letter.ts';
import { LetterCheck, type LetterDifference } from './letter-check.ts';

/** A field of a run's row that is not what the log makes of it. */
export interface RowDifference {
  readonly run: number;
  readonly field: string;
  readonly row: string;
  readonly folded: string;
}

/** What folding the whole log again has found. */
export interface RowsReport {
  readonly events: number;
  readonly runs: number;
  readonly letters: number;
  readonly differences: readonly (RowDifference | LetterDifference | EntityDifference)[];
}

interface Folded {
  readonly run: Run;
  readonly version: number;
}

const PAGE = 1_000;
/** Runs whose rows are compared at a time. */
const COMPARED_AT_ONCE = 500;
/** Differences that are worth telling: one is enough to know, a million tell no more. */
const DIFFERENCES_MAX = 100;

/**
 * Folds the whole log again and compares the rows: what differs was not made by the log. `folds`
 * are of the entities beside proposals that are compared too.
 */
export async function checkRows(
  store: Store,
  progress: (done: number, all: number) => void,
  folds: readonly EntityFold[] = [],
): Promise<RowsReport> {
  const check = new RowCheck(store, (await store.care?.cut())?.last ?? 0, folds);
  const head = store.head();
  for (let after = 0; after < head;) {
    const records = await store.read({ after, limit: PAGE, until: head });
    for (const record of records) check.fold(record);
    await check.comparePage();
    after = records.at(-1)?.seq ?? head;
    progress(after, head);
  }
  return { events: head, ...(await check.finish(head)) };
}

class RowCheck {
  readonly #store: Store;
  readonly #open = new Map<number, Folded>();
  readonly #differences: (RowDifference | LetterDifference | EntityDifference)[] = [];
  readonly #entities: readonly EntityCheck[];
  readonly #letters: LetterCheck;
  #ended = new Map<number, Folded>();
  #runs = 0;

  constructor(store: Store, cut: number, folds: readonly EntityFold[]) {
    this.#store = store;
    const report = (found: LetterDifference): void => this.#differs(found);
    this.#entities = [proposalFold, ...folds].map(
      (fold) => new EntityCheck(store, fold, (found) => this.#differs(found)),
    );
    this.#letters = new LetterCheck(store, { cut, report });
  }

  fold(record: LogRecord): void {
    const event = decodeJournal(record);
    const letter = event === undefined ? undefined : this.#foldRun(record, event);
    this.#letters.fold(record, letter);
    for (const entities of this.#entities) entities.fold(record);
  }

  /** The dead letter that the run's record is, where it is one. */
  #foldRun(record: LogRecord, event: JournalEvent): LetterDraft | undefined {
    const id = record.stream;
    if (id === null) return undefined;
    if (event.type === 'run.started') {
      const { received, hops } = record;
      const run = born(event, {
        received,
        hops,
        correlation: correlationOf(record, this.#store.identity),
      });
      this.#open.set(id, { run, version: record.seq });
      this.#runs++;
      return undefined;
    }
    const folded = this.#open.get(id) ?? this.#ended.get(id);
    if (folded === undefined) return undefined;
    const next = { run: evolve(folded.run, event, record.received), version: record.seq };
    const [to, from] =
      next.run.ended === null ? [this.#open, this.#ended] : [this.#ended, this.#open];
    from.delete(id);
    to.set(id, next);
    return runLetter(id, next.run, event);
  }

  /** Compares what has come to an end, and lets go of it. */
  async comparePage(): Promise<void> {
    const ended = [...this.#ended];
    this.#ended = new Map();
    await this.#compareAll(ended, (id, row, folded) => {
      // A run that was retried after its end is compared where it stands in the end.
      if (row === undefined || row.version <= folded.version) this.#compare(id, row, folded);
      else this.#open.set(id, folded);
    });
    await this.#letters.compare();
    for (const entities of this.#entities) await entities.comparePage();
  }

  async finish(head: number): Promise<Omit<RowsReport, 'events'>> {
    await this.#compareAll([...this.#open], (id, row, folded) => {
      // A row that has moved on since the reading began is newer than the fold, not wrong.
      if (row === undefined || row.version <= head) this.#compare(id, row, folded);
    });
    await this.#findStrangers(head);
    await this.#letters.finish(head);
    for (const entities of this.#entities) await entities.finish(head);
    const { letters } = this.#letters;
    return { runs: this.#runs, letters, differences: this.#differences };
  }

  async #compareAll(
    runs: readonly [number, Folded][],
    compare: (id: number, row: RunRow | undefined, folded: Folded) => void,
  ): Promise<void> {
    for (let from = 0; from < runs.length; from += COMPARED_AT_ONCE) {
      const some = runs.slice(from, from + COMPARED_AT_ONCE);
      const rows = await Promise.all(some.map(([id]) => this.#store.run(id)));
      for (const [i, [id, folded]] of some.entries()) compare(id, rows[i], folded);
    }
  }

  #compare(id: number, row: RunRow | undefined, { run, version }: Folded): void {
    const expected: Record<string, unknown> = { ...run, id, version };
    const found: Record<string, unknown> = { ...row };
    for (const [field, value] of Object.entries(expected)) {
      if (found[field] === value) continue;
      this.#differs({ run: id, field, row: String(found[field]), folded: String(value) });
    }
  }

  #differs(difference: RowDifference | LetterDifference | EntityDifference): void {
    if (this.#differences.length < DIFFERENCES_MAX) this.#differences.push(difference);
  }

  /** Rows that the log knows nothing of: there are as many rows as runs, or some are strangers. */
  async #findStrangers(head: number): Promise<void> {
    let rows = 0;
    for (let before = head + 1; ;) {
      const page = await this.#store.runs({ limit: PAGE, before, branches: true });
      rows += page.length;
      const last = page.at(-1);
      if (last === undefined) break;
      before = last.id;
    }
    if (rows === this.#runs) return;
    this.#differs({ run: 0, field: 'count', row: String(rows), folded: String(this.#runs) });
  }
}
