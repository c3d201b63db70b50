import { HOOKS } from '../runs/amended.ts';
import type { Awaited } from '../runs/awaiting.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { isImported } from '../store/record.ts';
import { findVerdict } from './hook-verdicts.ts';
import { OpenWaits } from './open-waits.ts';
import { awaitedOf, eventOf, type OpenWait } from './wait-record.ts';

/** Records of one reading, and how much of the log it looks at: no reading holds up the store. */
const PAGE = 500;
const WINDOW = 10_000;

/** Asks again and again, until there is an answer. */
type Patiently = <T>(ask: () => Promise<T>) => Promise<T>;

/** Waits whose first candidates are looked for together. */
export interface Candidates {
  /** The first event that the wait wants, before its own record. Comes about behind `begin`. */
  firstFor(wait: OpenWait): Promise<Awaited | undefined>;
  begin(): void;
}

/** Finds what waits want among the events before them, whether it was taken already or not. */
export class EarlierEvents {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Looks for several waits at once: the log is read once for each type. */
  batch(patiently: Patiently): Candidates {
    const waits: OpenWait[] = [];
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const found = begun.then(() => patiently(() => this.#first(waits)));
    // Those who wait for it hear of its failure.
    found.catch(() => {});
    return {
      begin,
      firstFor: async (wait) => {
        waits.push(wait);
        return (await found).get(wait);
      },
    };
  }

  /** The next one behind a candidate that is no use. */
  async next(wait: OpenWait, after: number): Promise<Awaited | undefined> {
    return (await this.#first([{ ...wait, after }])).values().next().value;
  }

  async #first(waits: readonly OpenWait[]): Promise<Map<OpenWait, Awaited>> {
    const found = new Map<OpenWait, Awaited>();
    const types = new Set(waits.map(({ event }) => event));
    for (const type of types) {
      const own = waits.filter(({ event }) => event === type);
      await this.#search(type, own, found);
    }
    return found;
  }

  async #search(
    type: string,
    waits: readonly OpenWait[],
    found: Map<OpenWait, Awaited>,
  ): Promise<void> {
    const open = new OpenWaits();
    for (const wait of waits) open.add(wait);
    const said = (await this.#store.checkpoint(HOOKS)).seq;
    let after = Math.min(...waits.map((wait) => wait.after));
    const last = Math.max(...waits.map(({ registered }) => registered)) - 1;
    while (after < last && open.size > 0) {
      const until = Math.min(after + WINDOW, last);
      const records = await this.#store.read({ after, until, type, limit: PAGE });
      for (const record of records) await this.#compare(record, { open, found, said });
      // A page may end early, at its limit or since what it holds is large.
      after = records.at(-1)?.seq ?? until;
    }
  }

  async #compare(
    record: LogRecord,
    { open, found, said }: Search & { readonly found: Map<OpenWait, Awaited> },
  ): Promise<void> {
    if (isImported(record)) return;
    const { seq } = record;
    const verdict = seq <= said ? await findVerdict(this.#store, seq) : undefined;
    if (verdict?.kind === 'filtered') return;
    const event = eventOf(record, verdict, this.#store);
    for (const wait of event === undefined ? [] : open.matching(event)) {
      if (seq <= wait.after || seq >= wait.registered) continue;
      open.remove(wait.run);
      found.set(wait, awaitedOf(seq, verdict));
    }
  }
}

interface Search {
  readonly open: OpenWaits;
  /** Up to where hooks have said something. */
  readonly said: number;
}
