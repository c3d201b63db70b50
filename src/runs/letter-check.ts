import type { LetterDraft, LetterRow, LogRecord, Store } from '../store/contract.ts';
import { type DeadLettered, eventLetter } from './letter.ts';

/** A field of a dead letter that is not what the log makes of it. */
export interface LetterDifference {
  readonly letter: number;
  readonly field: string;
  readonly row: string;
  readonly folded: string;
}

/** A dead letter as its record says it. */
interface Said {
  readonly letter: LetterDraft;
  readonly at: number;
}

const PAGE = 1_000;
/** Letters that are compared at a time. */
const COMPARED_AT_ONCE = 500;

/**
 * Compares the dead letters with what the log says of them. It remembers none beyond a page: each
 * is compared as its record is read, with the record that closed it looked up, and each closing as
 * it is read.
 */
export class LetterCheck {
  readonly #store: Store;
  readonly #report: (difference: LetterDifference) => void;
  readonly #cut: number;
  #said = new Map<number, Said>();
  #closings = new Map<number, number>();
  /** How many letters the log has. */
  letters = 0;

  /** `cut`: the last seq before the beginning of the log; what was there is not looked for. */
  constructor(
    store: Store,
    { cut, report }: { readonly cut: number; readonly report: (found: LetterDifference) => void },
  ) {
    this.#store = store;
    this.#cut = cut;
    this.#report = report;
  }

  /** One more record; `letter` is what it is where it is a run's. */
  fold(record: LogRecord, letter: LetterDraft | undefined): void {
    const said = letter ?? eventLetterOf(record);
    if (said !== undefined) {
      this.letters++;
      this.#said.set(record.seq, { letter: said, at: record.received });
    }
    const closed = closedBy(record);
    if (closed !== undefined) this.#closings.set(record.seq, closed);
  }

  /** Compares what was folded since the last time. */
  async compare(): Promise<void> {
    const said = [...this.#said];
    const closings = [...this.#closings];
    this.#said = new Map();
    this.#closings = new Map();
    await inTurns(said, ([id, one]) => this.#compareOne(id, one));
    await inTurns(closings, ([seq, letter]) => this.#compareClosing(seq, letter));
  }

  /** Letters that the log knows nothing of: there are as many as it says, or some are strangers. */
  async finish(head: number): Promise<void> {
    let rows = 0;
    for (let before = head + 1; ;) {
      const page = await this.#store.letters({ limit: PAGE, before });
      rows += page.length;
      const last = page.at(-1);
      if (last === undefined) break;
      before = last.id;
    }
    if (rows !== this.letters) this.#differs(0, 'count', [rows, this.letters]);
  }

  async #compareOne(id: number, { letter, at }: Said): Promise<void> {
    const row = await this.#store.letter(id);
    const expected: Record<string, unknown> = { id, at, ...letter };
    const found: Record<string, unknown> = { ...row };
    for (const [field, value] of Object.entries(expected)) {
      if (found[field] !== value) this.#differs(id, field, [found[field], value]);
    }
    if (row !== undefined && !(await this.#isBorneOut(row))) {
      this.#differs(id, 'state', [row.state, 'open']);
    }
  }

  /** Whether the log holds the record by which the letter says that it was closed. */
  async #isBorneOut({ id, state, closed }: LetterRow): Promise<boolean> {
    if (state === 'open' || closed === null) return state === 'open' && closed === null;
    const [record] = await this.#store.readAt([closed]);
    if (record === undefined && closed <= this.#cut) return true;
    return (
      record !== undefined && closedBy(record) === id && record.type === `dead_letter.${state}`
    );
  }

  async #compareClosing(seq: number, letter: number): Promise<void> {
    const row = await this.#store.letter(letter);
    if (row === undefined && letter <= this.#cut) return;
    if (row?.closed !== seq) this.#differs(letter, 'closed', [row?.closed, seq]);
  }

  #differs(letter: number, field: string, [row, folded]: readonly [unknown, unknown]): void {
    this.#report({ letter, field, row: String(row), folded: String(folded) });
  }
}

function eventLetterOf({ type, source, data }: LogRecord): LetterDraft | undefined {
  if (type !== 'event.dead_lettered' || source !== null) return undefined;
  return eventLetter(JSON.parse(data) as DeadLettered);
}

/** The dead letter that a record closes. */
function closedBy({ type, source, data }: LogRecord): number | undefined {
  if (type !== 'dead_letter.retried' && type !== 'dead_letter.dropped') return undefined;
  return source === null ? (JSON.parse(data) as { readonly letter: number }).letter : undefined;
}

async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < all.length; from += COMPARED_AT_ONCE) {
    await Promise.all(all.slice(from, from + COMPARED_AT_ONCE).map(work));
  }
}
