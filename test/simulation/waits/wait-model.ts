import type { Awaiting } from '../../../src/runs/awaiting.ts';
import type { LogRecord } from '../../../src/store/contract.ts';

interface Signal {
  readonly seq: number;
  readonly k: string;
  readonly n: number;
  /** When it was durable, in engine time. */
  readonly at: number;
}

interface Open {
  readonly wait: Awaiting;
  readonly step: string;
  readonly due: number | null;
}

/** What was found in a log of waits. */
export interface Found {
  readonly taken: number;
  readonly problems: readonly string[];
}

/**
 * Holds a log against the rule of waits, which it knows on its own: a wait begins behind the last
 * event that it took, else at its run's start; it takes the first event that its run has not taken;
 * none is taken twice, and none is left where a wait stands open or was over.
 */
export function checkWaits(
  records: readonly LogRecord[],
  durableAt: ReadonlyMap<number, number>,
): Found {
  const model = new WaitModel(records, durableAt);
  for (const record of records) model.see(record);
  model.finish();
  return { taken: model.taken, problems: model.problems };
}

class WaitModel {
  readonly problems: string[] = [];
  taken = 0;
  readonly #signals: readonly Signal[];
  readonly #roots = new Map<number, number>();
  readonly #open = new Map<number, Open>();
  readonly #takenBy = new Map<number, Set<number>>();
  readonly #last = new Map<string, number>();

  constructor(records: readonly LogRecord[], durableAt: ReadonlyMap<number, number>) {
    this.#signals = records
      .filter(({ type }) => type === 'signal')
      .map(({ seq, data }) => {
        const { k, n } = JSON.parse(data) as { readonly k: string; readonly n: number };
        return { seq, k, n, at: durableAt.get(seq) ?? 0 };
      });
  }

  see({ type, seq, stream, data }: LogRecord): void {
    if (stream === null) return;
    const entry = JSON.parse(data) as Record<string, unknown>;
    if (type === 'branch.started') this.#roots.set(seq, this.#rootOf(Number(entry['parent'])));
    const before = this.#open.get(stream);
    this.#open.delete(stream);
    if (type === 'step.awaited') this.#took(stream, Number(entry['event']), before);
    else if (before !== undefined) this.#over(stream, before);
    if (type !== 'step.waiting' || entry['wait'] === undefined) return;
    const wait = entry['wait'] as Awaiting;
    const step = String(entry['step']);
    const root = this.#rootOf(stream);
    const after = this.#last.get(`${stream} ${step}`) ?? root;
    if (wait.after !== after || wait.of !== root)
      this.problems.push(`wait ${seq} begins behind ${wait.after}, and not behind ${after}`);
    this.#open.set(stream, { wait, step, due: entry['due'] as number | null });
  }

  finish(): void {
    for (const [run, { wait }] of this.#open) {
      const [missed] = this.#wanted(run, wait);
      if (missed !== undefined) this.problems.push(`run ${run} missed ${missed.seq}`);
    }
  }

  #took(run: number, event: number, open: Open | undefined): void {
    if (open === undefined) return void this.problems.push(`run ${run} took ${event} unasked`);
    const [first] = this.#wanted(run, open.wait);
    if (first?.seq !== event) this.problems.push(`run ${run} took ${event}, and not ${first?.seq}`);
    const root = this.#rootOf(run);
    const taken = this.#takenBy.get(root) ?? new Set();
    if (taken.has(event)) this.problems.push(`run ${run} took ${event} once more`);
    this.#takenBy.set(root, taken.add(event));
    this.#last.set(`${run} ${open.step}`, event);
    this.taken++;
  }

  /** The wait ended without an event: nothing that it wanted was durable in time. */
  #over(run: number, { wait, due }: Open): void {
    if (due === null) return void this.problems.push(`run ${run} left a wait without a time`);
    const missed = this.#wanted(run, wait).find(({ at }) => at < due);
    if (missed !== undefined) this.problems.push(`run ${run} timed out in spite of ${missed.seq}`);
  }

  #wanted(run: number, { after, match, where }: Awaiting): Signal[] {
    const taken = this.#takenBy.get(this.#rootOf(run));
    const k = match[0]?.[1];
    return this.#signals.filter(
      (signal) =>
        signal.seq > after &&
        signal.k === k &&
        (where === undefined || signal.n % 2 === 0) &&
        taken?.has(signal.seq) !== true,
    );
  }

  #rootOf(run: number): number {
    return this.#roots.get(run) ?? run;
  }
}
