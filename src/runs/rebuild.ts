import type { LogRecord, RunRow, Store } from '../store/contract.ts';
import { correlationOf } from '../store/record.ts';
import { born, evolve, type Run } from './evolve.ts';
import { decodeJournal } from './journal.ts';

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
  readonly differences: readonly RowDifference[];
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

/** Folds the whole log again and compares the rows: what differs was not made by the log. */
export async function checkRows(
  store: Store,
  progress: (done: number, all: number) => void,
): Promise<RowsReport> {
  const check = new RowCheck(store);
  const head = store.head();
  for (let after = 0; after < head;) {
    const records = await store.read({ after, limit: PAGE, until: head });
    for (const record of records) check.fold(record);
    await check.compareEnded();
    after = records.at(-1)?.seq ?? head;
    progress(after, head);
  }
  return { events: head, ...(await check.finish(head)) };
}

class RowCheck {
  readonly #store: Store;
  readonly #open = new Map<number, Folded>();
  readonly #differences: RowDifference[] = [];
  #ended: [number, Folded][] = [];
  #runs = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  fold(record: LogRecord): void {
    const event = decodeJournal(record);
    if (event === undefined || record.stream === null) return;
    const id = record.stream;
    if (event.type === 'run.started') {
      const { received, hops } = record;
      const run = born(event, {
        received,
        hops,
        correlation: correlationOf(record, this.#store.identity),
      });
      this.#open.set(id, { run, version: record.seq });
      this.#runs++;
      return;
    }
    const folded = this.#open.get(id);
    if (folded === undefined) return;
    const next = { run: evolve(folded.run, event, record.received), version: record.seq };
    if (next.run.ended === null) this.#open.set(id, next);
    else {
      this.#open.delete(id);
      this.#ended.push([id, next]);
    }
  }

  async compareEnded(): Promise<void> {
    const ended = this.#ended;
    this.#ended = [];
    await this.#compareAll(ended, Number.POSITIVE_INFINITY);
  }

  async finish(head: number): Promise<Omit<RowsReport, 'events'>> {
    await this.#compareAll([...this.#open], head);
    await this.#findStrangers(head);
    return { runs: this.#runs, differences: this.#differences };
  }

  async #compareAll(runs: readonly [number, Folded][], head: number): Promise<void> {
    for (let from = 0; from < runs.length; from += COMPARED_AT_ONCE) {
      const some = runs.slice(from, from + COMPARED_AT_ONCE);
      const rows = await Promise.all(some.map(([id]) => this.#store.run(id)));
      for (const [i, [id, folded]] of some.entries()) this.#compare(id, folded, rows[i], head);
    }
  }

  #compare(id: number, { run, version }: Folded, row: RunRow | undefined, head: number): void {
    // A row that has moved on since the reading began is newer than the fold, not wrong.
    if (row !== undefined && row.version > head) return;
    const expected: Record<string, unknown> = { ...run, id, version };
    const found: Record<string, unknown> = { ...row };
    for (const [field, value] of Object.entries(expected)) {
      if (found[field] === value || this.#differences.length >= DIFFERENCES_MAX) continue;
      this.#differences.push({ run: id, field, row: String(found[field]), folded: String(value) });
    }
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
    this.#differences.push({
      run: 0,
      field: 'count',
      row: String(rows),
      folded: String(this.#runs),
    });
  }
}
