import { decodeJournal } from '../runs/journal.ts';
import type { LogRecord } from '../store/contract.ts';

/** Of one source: what waits of it. */
interface Load {
  /** Whether events that the router has not come to wait too. */
  readonly countsArrivals: boolean;
  waiting: number;
  /** Their seqs, in order; those before `next` are routed. */
  arrivals: number[];
  next: number;
}

/** An event that waits. */
interface WaitingEvent {
  readonly source: string;
  readonly load: Load;
  /** Runs that it starts, queued and not recorded yet. */
  planned: number;
  /** Runs of it that are recorded and wait for their first slot. */
  queued: number;
  isRouted: boolean;
}

/** Of which sources the load is counted, and whether what is not routed is a part of it. */
export type CountedSources = ReadonlyMap<string, { readonly countsArrivals: boolean }>;

/** Routed seqs are forgotten in portions of this size. */
const FORGET_AT = 1_024;

/**
 * How many events of some sources wait: those that are not routed, and those with a run that waits
 * for its first slot. An event counts once, whatever it starts. Folded from the log's records, so
 * that nothing is lost with a process; what a person holds before it began does not wait.
 */
export class SourceLoads {
  readonly #loads: ReadonlyMap<string, Load>;
  readonly #events = new Map<number, WaitingEvent>();
  /** Queued runs, and those that a person holds: each with its event. */
  readonly #runs = new Map<number, number>();
  readonly #held = new Map<number, { readonly source: string; readonly seq: number }>();

  constructor(counted: CountedSources) {
    const empty = { waiting: 0, next: 0 };
    this.#loads = new Map(
      [...counted].map(([source, { countsArrivals }]) => {
        return [source, { ...empty, arrivals: [], countsArrivals }];
      }),
    );
  }

  /** How many events of the source wait, where all up to `routed` are routed. */
  waiting(source: string, routed: number): number {
    const load = this.#loads.get(source);
    if (load === undefined) return 0;
    for (let seq = load.arrivals[load.next]; seq !== undefined && seq <= routed;) {
      this.#routed(seq);
      seq = load.arrivals[++load.next];
    }
    if (load.next >= FORGET_AT) load.arrivals = load.arrivals.slice(load.next);
    if (load.next >= FORGET_AT) load.next = 0;
    return load.waiting;
  }

  /** Whether a run of the event waits already, or is about to. */
  queues(seq: number): boolean {
    const event = this.#events.get(seq);
    return event !== undefined && event.planned + event.queued > 0;
  }

  /** The event is to start a run that waits, once that is recorded. */
  plan(source: string, seq: number): void {
    const event = this.#eventOf(source, seq);
    if (event !== undefined) event.planned++;
  }

  /** That run is not recorded after all. */
  unplan(seq: number): void {
    const event = this.#events.get(seq);
    if (event === undefined || event.planned === 0) return;
    event.planned--;
    this.#settle(seq, event);
  }

  /** A record is durable. Told of one again, it counts nothing twice. */
  hear(record: LogRecord): void {
    const { seq, stream, source, type } = record;
    if (stream === null) {
      if (source !== null && this.#loads.get(source)?.countsArrivals === true) {
        this.#arrived(source, seq);
      }
    } else if (seq === stream) {
      if (type === 'run.started') this.#started(record);
    } else if (this.#runs.has(stream) || this.#held.has(stream)) this.#moved(record);
  }

  /** A run of an event of the source is found queued, or held by a person. */
  found(source: string, run: { readonly id: number; readonly event: number }, held: boolean): void {
    if (this.#runs.has(run.id) || !this.#loads.has(source)) return;
    this.#queue(source, run);
    if (held) this.#hold(run.id);
  }

  /** Takes over what another count has planned, since nothing durable tells of it. */
  takeOver(other: SourceLoads): void {
    for (const [seq, { source, planned }] of other.#events) {
      for (let run = 0; run < planned; run++) this.plan(source, seq);
    }
  }

  #arrived(source: string, seq: number): void {
    if (this.#events.has(seq)) return;
    const event = this.#eventOf(source, seq);
    if (event === undefined) return;
    event.isRouted = false;
    event.load.arrivals.push(seq);
  }

  #routed(seq: number): void {
    const event = this.#events.get(seq);
    if (event === undefined) return;
    event.isRouted = true;
    this.#settle(seq, event);
  }

  #started(record: LogRecord): void {
    const event = record.causation === null ? undefined : this.#events.get(record.causation);
    if (event === undefined || record.causation === null) return;
    if (this.#runs.has(record.seq) || this.#held.has(record.seq)) return;
    const started = decodeJournal(record);
    if (started?.type !== 'run.started' || started.parent !== undefined) return;
    if (started.due === null) return;
    if (event.planned > 0) event.planned--;
    this.#queue(event.source, { id: record.seq, event: record.causation });
  }

  /** What comes next in a run's stream says whether it waits on. */
  #moved(record: LogRecord): void {
    const { stream: run, type } = record;
    if (run === null || type === 'run.moved') return;
    const held = this.#held.get(run);
    if (type === 'run.paused') return this.#hold(run);
    this.#held.delete(run);
    if (held === undefined) return this.#leave(run);
    const resumed = type === 'run.resumed' ? decodeJournal(record) : undefined;
    const isQueued = resumed?.type === 'run.resumed' && resumed.state === 'queued';
    if (isQueued) this.#queue(held.source, { id: run, event: held.seq });
  }

  #hold(run: number): void {
    const seq = this.#runs.get(run);
    const event = seq === undefined ? undefined : this.#events.get(seq);
    if (seq === undefined || event === undefined) return;
    this.#held.set(run, { source: event.source, seq });
    this.#leave(run);
  }

  #queue(
    source: string,
    { id, event: seq }: { readonly id: number; readonly event: number },
  ): void {
    const event = this.#eventOf(source, seq);
    if (event === undefined) return;
    this.#runs.set(id, seq);
    event.queued++;
  }

  #leave(run: number): void {
    const seq = this.#runs.get(run);
    const event = seq === undefined ? undefined : this.#events.get(seq);
    this.#runs.delete(run);
    if (seq === undefined || event === undefined) return;
    event.queued--;
    this.#settle(seq, event);
  }

  #eventOf(source: string, seq: number): WaitingEvent | undefined {
    const known = this.#events.get(seq);
    const load = this.#loads.get(source);
    if (known !== undefined || load === undefined) return known;
    const event = { source, load, planned: 0, queued: 0, isRouted: true };
    this.#events.set(seq, event);
    load.waiting++;
    return event;
  }

  #settle(seq: number, { load, planned, queued, isRouted }: WaitingEvent): void {
    if (!isRouted || planned + queued > 0) return;
    this.#events.delete(seq);
    load.waiting--;
  }
}
