import type { Awaited } from '../runs/awaiting.ts';
import type { WaitKeeper } from '../runs/waking.ts';
import { type Clock, delay } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { isImported } from '../store/record.ts';
import { HeardTypes } from './heard-types.ts';
import type { HookVerdicts } from './hook-verdicts.ts';
import { loadWaits } from './load-waits.ts';
import { type Candidates, EarlierEvents } from './earlier-events.ts';
import { OpenWaits } from './open-waits.ts';
import { TakenEvents } from './taken-events.ts';
import { awaitedOf, eventOf, type OpenWait, waitOf } from './wait-record.ts';

/** Gives a run an event; false where it has moved on, `stopped` where the daemon stops. */
export type GiveEvent = (
  wait: OpenWait,
  awaited: Awaited,
  signal: AbortSignal,
) => Promise<boolean | 'stopped'>;

export interface EventWaitsOptions {
  readonly store: Store;
  readonly verdicts: Pick<HookVerdicts, 'of'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly give: GiveEvent;
}

/** Waits that may be open at once: what would open another one is tried again later. */
export const WAITS_MAX = 1_000_000;
/** How long what the store did not answer is left alone. */
const RETRY_MS = 1_000;

/** Somebody who waits until all up to a seq has been shown. */
interface Watcher {
  readonly seq: number;
  readonly resolve: (isShown: boolean) => void;
}

/**
 * Shows events to the runs that wait for them: the router tells it of each record in order, once
 * hooks have said what they have to say of it, and goes on only when what was taken is durable. So
 * a wait that stands before the router's place has been shown all up to there, whatever happens.
 *
 * What is older than a wait is looked up when the router comes to its record. An event is taken
 * once by each run, its branches included.
 */
export class EventWaits implements WaitKeeper {
  readonly #options: EventWaitsOptions;
  readonly #open = new OpenWaits();
  readonly #types = new HeardTypes();
  readonly #earlier: EarlierEvents;
  readonly #taken: TakenEvents;
  readonly #stopping = new AbortController();
  /** The work for each run, one thing after the other; what ends it lets go of it. */
  readonly #work = new Map<number, Promise<void>>();
  readonly #watchers = new Set<Watcher>();
  #heard = 0;
  #failure: Error | undefined;

  constructor(options: EventWaitsOptions) {
    this.#options = options;
    this.#earlier = new EarlierEvents(options.store);
    this.#taken = new TakenEvents(options.store);
  }

  get size(): number {
    return this.#open.size;
  }

  get isFull(): boolean {
    return this.#open.size >= WAITS_MAX;
  }

  /** Whether something is under way that the router is to wait for. */
  get isBusy(): boolean {
    return this.#work.size > 0 || this.#failure !== undefined;
  }

  /** Finds the waits that were open when the log was routed up to there. */
  async load(routed: number): Promise<void> {
    this.#heard = routed;
    this.#types.begin(routed);
    for (const wait of await loadWaits(this.#options.store, routed)) this.#add(wait);
  }

  /** Shows records, in the order of the log. Those that it has seen already are passed over. */
  hear(records: readonly LogRecord[]): void {
    const lookUp = this.#earlier.batch((ask) => this.#patiently(ask));
    for (const record of records) {
      if (record.seq <= this.#heard) continue;
      this.#heard = record.seq;
      if (record.stream !== null) this.#moved(record, record.stream, lookUp);
      this.#types.note(record);
      if (this.#open.wants(record.type)) this.#show(record);
    }
    lookUp.begin();
    this.#tellWatchers();
  }

  /**
   * Resolves when what is under way is durable.
   *
   * @throws Error where it will not be: the daemon stops.
   */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work.values());
    if (this.#failure !== undefined) throw this.#failure;
  }

  async caughtUp(seq: number): Promise<boolean> {
    const isHeard =
      this.#heard >= seq ||
      (await new Promise<boolean>((resolve) => {
        if (this.#stopping.signal.aborted) resolve(false);
        else this.#watchers.add({ seq, resolve });
      }));
    if (!isHeard) return false;
    return this.settled().then(
      () => true,
      () => false,
    );
  }

  /** Takes nothing in any more. */
  stop(): void {
    this.#stopping.abort();
    for (const { resolve } of this.#watchers) resolve(false);
    this.#watchers.clear();
  }

  /** A run has moved on: it may rest at a wait now, and has left the one before. */
  #moved(record: LogRecord, run: number, lookUp: Candidates): void {
    this.#open.remove(run);
    const wait = waitOf(record);
    if (wait === undefined || !this.#add(wait)) return;
    if (this.#types.isUnheardSince(wait.event, wait.after)) return;
    const first = lookUp.firstFor(wait);
    this.#queue(wait.of, async () => this.#offerEarlier(wait, await first));
  }

  #add(wait: OpenWait): boolean {
    try {
      this.#open.add(wait);
      return true;
    } catch (error) {
      const reason = messageOf(error);
      this.#options.logger.error('a wait cannot be read', { run: wait.run, reason });
      return false;
    }
  }

  #show(record: LogRecord): void {
    const { store, verdicts } = this.#options;
    const verdict = verdicts.of(record.seq);
    if (verdict?.kind === 'filtered' || isImported(record)) return;
    const event = eventOf(record, verdict, store);
    const waits = event === undefined ? [] : this.#open.matching(event);
    const byRun = new Map<number, OpenWait[]>();
    for (const wait of waits) byRun.set(wait.of, [...(byRun.get(wait.of) ?? []), wait]);
    const awaited = awaitedOf(record.seq, verdict);
    for (const [run, own] of byRun) this.#queue(run, () => this.#offer(awaited, own));
  }

  /** Gives an event to the first of the waits that still wants it. */
  async #offer(awaited: Awaited, waits: readonly OpenWait[]): Promise<void> {
    for (const wait of waits) {
      if (this.#open.of(wait.run) !== wait) continue;
      // Of its branches another one may have taken it before the daemon ended.
      const isBranch = wait.run !== wait.of;
      if (isBranch && (await this.#patiently(() => this.#taken.has(wait.of, awaited.event))))
        return;
      if (await this.#give(wait, awaited)) return;
    }
  }

  /** Gives a wait the first event before its own record that its run has not taken yet. */
  async #offerEarlier(wait: OpenWait, first: Awaited | undefined): Promise<void> {
    let candidate = first;
    while (candidate !== undefined && this.#open.of(wait.run) === wait) {
      const { event } = candidate;
      if (!(await this.#patiently(() => this.#taken.has(wait.of, event)))) {
        await this.#give(wait, candidate);
        return;
      }
      candidate = await this.#patiently(() => this.#earlier.next(wait, event));
    }
  }

  async #give(wait: OpenWait, awaited: Awaited): Promise<boolean> {
    const { give } = this.#options;
    const given = await this.#patiently(() => give(wait, awaited, this.#stopping.signal));
    if (given === 'stopped') throw new Stopped();
    if (this.#open.of(wait.run) === wait) this.#open.remove(wait.run);
    if (given) this.#taken.add(wait.of, awaited.event);
    return given;
  }

  /** Asks until there is an answer: an event that is not shown would be missed. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    for (;;) {
      if (signal.aborted) throw new Stopped();
      try {
        return await ask();
      } catch (error) {
        if (signal.aborted) throw new Stopped();
        logger.error('an event could not be shown to what waits for it', {
          reason: messageOf(error),
        });
        await delay(clock, RETRY_MS, signal);
      }
    }
  }

  #queue(run: number, work: () => Promise<void>): void {
    const before = this.#work.get(run) ?? Promise.resolve();
    const settled: Promise<void> = before.then(work).then(
      () => this.#done(run, settled),
      (error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
        this.#done(run, settled);
      },
    );
    this.#work.set(run, settled);
  }

  #done(run: number, settled: Promise<void>): void {
    if (this.#work.get(run) === settled) this.#work.delete(run);
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) {
      if (watcher.seq > this.#heard) continue;
      this.#watchers.delete(watcher);
      watcher.resolve(true);
    }
  }
}

/** The daemon stops: what was not given is given by the next one. */
class Stopped extends Error {
  constructor() {
    super('events are not shown to waits any more: the daemon stops');
  }
}
