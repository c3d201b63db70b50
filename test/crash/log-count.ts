import { expect } from 'vitest';
import type { Json } from '../../src/std/json.ts';
import { type Exported, exportedLog } from './exported-log.ts';
import { expectedOf, LAST } from './mixed-flows.ts';

/** An id, and what the log says of it. */
export interface Known {
  readonly id: string;
  readonly type: string;
  /** Of an event what became of it, by flow. */
  readonly fates?: Record<string, string>;
}

/** What became of a start, or of an event whose condition has no value. */
type Outcome = 'started' | 'dropped' | 'dead_lettered';

/** What every own record that is part of a run is called. */
const OF_RUNS = /^(run|step|branch)\./;

/** Counts what became of numbered events, from the exported log and their numbers alone. */
export class LogCount {
  records = 0;
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

  /** Reads the log of a data directory up to `until`, where nothing is owed any more. */
  async read(folder: string, until: number): Promise<void> {
    for await (const record of exportedLog(folder)) {
      if (record.seq <= until) this.#record(record);
    }
    expect(this.#numbered, 'events in the log').toBe(this.#acknowledged.size);
    expect([...this.#owed].slice(0, 10), 'matches of which nothing came').toEqual([]);
    const inNone = [...this.#gathered].filter(([, seqs]) => seqs.size > 0);
    expect(inNone, 'events that no window holds').toEqual([]);
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

  /** Numbered events, and one record of each type. */
  sample(): Known[] {
    const events = [...this.#sampled].map(([seq, { id, n }]) => ({
      id,
      type: this.#typeOf(n),
      fates: this.#fates.get(seq) ?? {},
    }));
    return [...events, ...this.#kinds.values()];
  }

  #typeOf(n: number): string {
    if (n % 10 < 6) return 'order.placed';
    return n % 10 < 9 ? 'item.touched' : 'noise.heard';
  }

  #record(record: Exported): void {
    const { id, type, seq } = record;
    expect(seq, 'the log is dense').toBe(++this.records);
    if (!this.#kinds.has(type)) this.#kinds.set(type, { id, type });
    if (this.#acknowledged.has(id)) this.#recordNumbered(record);
    else this.#recordOwn(record);
  }

  #recordNumbered({ id, seq, data }: Exported): void {
    expect(this.#acknowledged.get(id), `the place of ${id}`).toBe(seq);
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
    expect(owed, `${outcome} of flow ${flow} for event ${event} is owed`).toBeDefined();
    if (owed === 'dead') expect(outcome).toBe('dead_lettered');
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
      expect(seqs?.delete(event), `a window of ${flow} holds event ${event} once`).toBe(true);
    }
    this.#owed.set(`${seq} ${flow}`, 'start');
  }
}
