import type { Json } from '../../src/std/json.ts';
import { type Exported, exportedLog } from './exported-log.ts';
import { expectedOf, LAST, numberedEvent } from './mixed-flows.ts';

/** An id, and what the log says of it. */
export interface Known {
  readonly id: string;
  readonly type: string;
  /** Of an event what became of it, by flow. */
  readonly fates?: Record<string, string>;
}

/** What became of a start, or of an event whose condition has no value. */
type Outcome = 'started' | 'dropped' | 'dead_lettered';

const FAULTS_MAX = 20;
/** What every own record that is part of a run is called. */
const OF_RUNS = /^(run|step|branch)\./;

/** Counts what became of numbered events, from the exported log and their numbers alone. */
export class LogCount {
  records = 0;
  /** What the log lacks or has too much of, as far as it is told: the first of many. */
  readonly faults: string[] = [];
  readonly #acknowledged: ReadonlyMap<string, number>;
  readonly #sampleEvery: number;
  readonly #sampled = new Map<number, { readonly id: string; readonly n: number }>();
  /** One record of each type. */
  readonly #kinds = new Map<string, Known>();
  /** What is yet to come of events: `seq flow`, with what it is owed. */
  readonly #owed = new Map<string, 'start' | 'dead'>();
  /** By flow, which of the events are in a window. */
  readonly #gathered = new Map<string, Set<number>>();
  readonly #fates = new Map<number, Record<string, string>>();
  readonly #sum = {
    started: 0,
    filtered: 0,
    coalesced: 0,
    dropped: 0,
    dead_lettered: 0,
    unmatched: 0,
    waiting: 0,
    succeeded: 0,
    failed: 0,
    noop: 0,
  };
  #numbered = 0;

  constructor(
    acknowledged: ReadonlyMap<string, number>,
    { events, samples }: { readonly events: number; readonly samples: number },
  ) {
    this.#acknowledged = acknowledged;
    this.#sampleEvery = Math.ceil(events / samples);
  }

  /** Reads the log of a data directory up to `until`, where nothing may be owed any more. */
  async read(folder: string, until: number): Promise<void> {
    for await (const record of exportedLog(folder)) {
      if (record.seq <= until) this.#record(record);
    }
    const lost = this.#acknowledged.size - this.#numbered;
    if (lost !== 0) this.#fault(`${lost} acknowledged events are not in the log`);
    for (const [place, what] of this.#owed) this.#fault(`no ${what} came of ${place}`);
    for (const [flow, seqs] of this.#gathered) {
      if (seqs.size > 0) this.#fault(`no window of ${flow} holds ${[...seqs].join()}`);
    }
  }

  /** What there is of each, as `verify` says it. */
  sum(): object {
    return this.#sum;
  }

  /** The part of it that `stats` calls dispositions. */
  matches(): object {
    const { started, filtered, coalesced, dropped, dead_lettered, unmatched } = this.#sum;
    return { started, filtered, coalesced, dropped, dead_lettered, unmatched };
  }

  /** The dead letters that there must be, by what they are about. */
  letters(): object {
    const { dead_lettered: event, failed: run } = this.#sum;
    return { event, run };
  }

  /** Numbered events, and one record of each type. */
  sample(): Known[] {
    const events = [...this.#sampled].map(([seq, { id, n }]) => ({
      id,
      type: numberedEvent(n).type,
      fates: this.#fates.get(seq) ?? {},
    }));
    return [...events, ...this.#kinds.values()];
  }

  #record(record: Exported): void {
    const { id, type, seq } = record;
    if (seq !== ++this.records) this.#fault(`record ${seq} stands at place ${this.records}`);
    if (!this.#kinds.has(type)) this.#kinds.set(type, { id, type });
    if (this.#acknowledged.has(id)) this.#recordNumbered(record);
    else this.#recordOwn(record);
  }

  #recordNumbered({ id, seq, data }: Exported): void {
    const known = this.#acknowledged.get(id);
    if (known !== seq) this.#fault(`${id} stands at ${seq}, and was acknowledged at ${known}`);
    this.#numbered++;
    if (id === LAST.id) return this.#gather(seq, 'last');
    const { n } = data as { readonly n: number };
    const expected = expectedOf(n);
    if (expected.size === 0) this.#sum.unmatched++;
    const fates: Record<string, string> = {};
    for (const [flow, what] of expected) {
      if (what === 'filtered') {
        this.#sum.filtered++;
        fates[flow] = 'filtered';
      } else if (what === 'gathered') {
        this.#gather(seq, flow);
        fates[flow] = 'coalesced';
      } else this.#owed.set(`${seq} ${flow}`, what);
    }
    if (n % this.#sampleEvery !== 0) return;
    this.#sampled.set(seq, { id, n });
    this.#fates.set(seq, fates);
  }

  #gather(seq: number, flow: string): void {
    this.#sum.coalesced++;
    const seqs = this.#gathered.get(flow) ?? new Set();
    this.#gathered.set(flow, seqs.add(seq));
  }

  #recordOwn({ seq, type, data }: Exported): void {
    const said = data as Record<string, Json>;
    switch (type) {
      case 'run.started':
        if (said['parent'] === undefined) this.#settle(said, 'started');
        return;
      case 'event.dropped':
        this.#settle(said, 'dropped');
        break;
      case 'event.dead_lettered':
        this.#settle(said, 'dead_lettered');
        break;
      case 'window.closed':
        this.#close(seq, said);
        return;
      case 'run.succeeded':
        this.#sum.succeeded++;
        return;
      case 'run.failed':
        this.#sum.failed++;
        return;
      case 'run.noop':
        this.#sum.noop++;
    }
    if (!OF_RUNS.test(type)) this.#sum.unmatched++;
  }

  #settle(said: Record<string, Json>, outcome: Outcome): void {
    const { event, flow } = said as { readonly event: number; readonly flow: string };
    const place = `${event} ${flow}`;
    const owed = this.#owed.get(place);
    if (owed === undefined) this.#fault(`${place} was ${outcome} once too often`);
    if (owed === 'dead' && outcome !== 'dead_lettered') this.#fault(`${place} was ${outcome}`);
    this.#owed.delete(place);
    this.#sum[outcome]++;
    const fates = this.#fates.get(event);
    if (fates !== undefined) fates[flow] = outcome;
  }

  /** A window starts its flow: the record is owed a run. */
  #close(seq: number, said: Record<string, Json>): void {
    const { flow, events } = said as { readonly flow: string; readonly events: readonly number[] };
    const seqs = this.#gathered.get(flow);
    for (const event of events) {
      if (seqs?.delete(event) !== true) this.#fault(`a window of ${flow} holds ${event} once more`);
    }
    this.#owed.set(`${seq} ${flow}`, 'start');
  }

  #fault(fault: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push(fault);
  }
}
