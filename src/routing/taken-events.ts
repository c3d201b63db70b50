import { decodeJournal } from '../runs/journal.ts';
import type { Store } from '../store/contract.ts';

type Reads = Pick<Store, 'readStream' | 'branches'>;

/** Runs whose events are remembered: those that were asked about longest ago are read anew. */
const RUNS_MAX = 1_000;
const PAGE = 500;

/** Which events the waits of a run have taken, those of its branches included. */
export class TakenEvents {
  readonly #store: Reads;
  readonly #byRun = new Map<number, Set<number>>();

  constructor(store: Reads) {
    this.#store = store;
  }

  /** Whether a wait of the run, or of a branch of it, has taken the event. */
  async has(run: number, event: number): Promise<boolean> {
    const known = this.#byRun.get(run) ?? (await readTaken(this.#store, run));
    this.#byRun.delete(run);
    this.#byRun.set(run, known);
    const [oldest] = this.#byRun.keys();
    if (this.#byRun.size > RUNS_MAX && oldest !== undefined) this.#byRun.delete(oldest);
    return known.has(event);
  }

  /** Notes what a wait of the run has just taken. */
  add(run: number, event: number): void {
    this.#byRun.get(run)?.add(event);
  }
}

async function readTaken(store: Reads, run: number): Promise<Set<number>> {
  const taken = new Set<number>();
  for (const record of await store.readStream(run)) {
    const entry = record.type === 'step.awaited' ? decodeJournal(record) : undefined;
    if (entry?.type === 'step.awaited') taken.add(entry.event);
  }
  for (let after = 0; ;) {
    const rows = await store.branches({ parent: run, after, limit: PAGE });
    for (const { id, branch } of rows) {
      const inner = branch === null ? [] : await readTaken(store, id);
      for (const event of inner) taken.add(event);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return taken;
    after = last.id;
  }
}
