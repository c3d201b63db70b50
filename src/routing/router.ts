import { begin, type Session } from '../runs/next.ts';
import { born } from '../runs/evolve.ts';
import { encodeJournal } from '../runs/journal.ts';
import type { Newborn, Runner } from '../runs/runner.ts';
import { type Clock, delay } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Service } from '../std/service.ts';
import type { LogRecord, OpenWrite, Store, Write } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { appendPatiently, stamped } from '../store/patience.ts';
import { correlationOf, ownRecord } from '../store/record.ts';
import type { Catalogs } from './catalogs.ts';
import type { LogFollower } from './follower.ts';
import { letterHops, type Match } from './match.ts';
import { count, planRecord } from './plan.ts';
import { type Counting, decodeTally, type Tally } from './tally.ts';

export interface RouterOptions {
  readonly store: Store;
  readonly follower: LogFollower;
  readonly catalogs: Catalogs;
  readonly runner: Runner;
  readonly session: Session;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The name under which the router's place in the log is kept. */
export const ROUTER = 'router';

/** Writes that one commit of the router holds, unless a single event needs more. */
const WRITES_MAX = 1_000;
/** How long events wait in the log for a free slot before their runs are queued as rows. */
const PATIENCE_MS = 100;
/** Events that may pass without a match before the checkpoint is written all the same. */
const UNRECORDED_MAX = 10_000;

/** How long the router waits before it tries again what went wrong. */
const TROUBLE_RETRY_MS = 1_000;

/** What is wrong, and since when in engine time. */
export interface Trouble {
  readonly reason: string;
  readonly since: number;
}

/** A run that the next commit will bear. */
interface Expected {
  readonly write: OpenWrite;
  readonly place: number;
  readonly newborn: Omit<Newborn, 'id'>;
}

/** What the router has decided and not yet recorded. */
interface Round {
  readonly writes: Write[];
  readonly expected: Expected[];
  readonly tally: Counting;
  to: number;
  queued: boolean;
}

/**
 * Follows the log and starts what wants its events: the runs that an event starts, its dead letters
 * and the router's place are one commit, so that each event starts each flow once, whatever
 * happens.
 *
 * While no slot is free, events wait in the log, which costs nothing; where slots do not turn over,
 * their runs are recorded as queued, so that a person sees them.
 */
export class Router implements Service {
  readonly name = 'router';
  readonly #options: RouterOptions;
  readonly #stopping = new AbortController();
  #at = 0;
  #recorded = 0;
  #tally: Counting = decodeTally('{}');
  #trouble: Trouble | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** The last seq that is routed. */
  get at(): number {
    return this.#at;
  }

  get tally(): Tally {
    return this.#tally;
  }

  /** Why nothing is routed at present; undefined where all is well. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Finds the place and the tally that the last session recorded, without going on from there. */
  async load(): Promise<void> {
    const { seq, state } = await this.#options.store.checkpoint(ROUTER);
    this.#at = seq;
    this.#recorded = seq;
    this.#tally = decodeTally(state);
  }

  async start(): Promise<void> {
    await this.load();
    this.#loop = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#options.follower.wake();
    await this.#loop;
    if (this.#at > this.#recorded) await this.#commit(this.#round());
  }

  async #follow(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#step();
        this.#trouble = undefined;
      } catch (error) {
        await this.#suffer(messageOf(error));
      }
    }
  }

  async #step(): Promise<void> {
    const { follower } = this.#options;
    await follower.wait(this.#at);
    const records = await follower.next(this.#at);
    if (records.length > 0) await this.#route(records);
  }

  /** What stops the router holds up everything: it is told, and tried again. */
  async #suffer(reason: string): Promise<void> {
    const { time, clock, logger } = this.#options;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    if (this.#trouble === undefined) logger.error('nothing is routed', { reason });
    this.#trouble ??= { reason, since: time.now() };
    await delay(clock, TROUBLE_RETRY_MS, signal);
  }

  /**
   * Routes a prefix of the records: as far as slots reach, and all of it once patience has run out.
   */
  async #route(records: readonly LogRecord[]): Promise<void> {
    const round = this.#round();
    try {
      await this.#planAll(round, records);
    } catch (error) {
      this.#release(round);
      // What comes before the trouble does not wait for its end.
      if (round.to > this.#at) return this.#route(records.filter(({ seq }) => seq <= round.to));
      throw error;
    }
    if (round.writes.length > 0 || round.to - this.#recorded >= UNRECORDED_MAX) {
      await this.#commit(round);
    } else this.#advance(round);
  }

  async #planAll(round: Round, records: readonly LogRecord[]): Promise<void> {
    const { catalogs, store } = this.#options;
    for (const record of records) {
      if (this.#stopping.signal.aborted || round.writes.length >= WRITES_MAX) return;
      const active = catalogs.loadedAt(record.seq) ?? (await catalogs.at(record.seq));
      const matches = planRecord(record, active.index, store.identity);
      if (matches.length > 0) {
        const starts = matches.filter(({ kind }) => kind === 'start').length;
        if (starts > 0 && !(await this.#slots(round, starts))) return;
        const { hash } = active.catalog;
        for (const match of matches) this.#plan(round, { record, match, hash });
      }
      count(round.tally, record, matches);
      round.to = record.seq;
    }
  }

  #release(round: Round): void {
    for (const _ of round.expected) this.#options.runner.slots.giveBack();
  }

  /** Whether the event may be routed now: slots are free, or it waited for them in vain. */
  async #slots(round: Round, starts: number): Promise<boolean> {
    const { slots } = this.#options.runner;
    if (round.queued || (slots.free >= Math.min(starts, slots.all) && !slots.backlog)) return true;
    if (round.writes.length > 0) return false;
    await this.#slotFree();
    round.queued = slots.free === 0 || slots.backlog;
    return true;
  }

  async #slotFree(): Promise<void> {
    const { runner, clock } = this.#options;
    if (runner.slots.free > 0 && !runner.slots.backlog) return;
    const patience = new AbortController();
    const forget = runner.slots.onFree(() => patience.abort());
    const signal = AbortSignal.any([patience.signal, this.#stopping.signal]);
    await delay(clock, PATIENCE_MS, signal);
    forget();
  }

  #plan(
    round: Round,
    found: { readonly record: LogRecord; readonly match: Match; readonly hash: string },
  ): void {
    const { record, match, hash } = found;
    if (match.kind === 'start') this.#planStart(round, record, { match, hash });
    else if (match.kind === 'dead') {
      const { time, store, logger } = this.#options;
      const { reason, flow } = match;
      const data = JSON.stringify({ event: record.seq, flow: flow.name, reason });
      const cause = {
        correlation: correlationOf(record, store.identity),
        causation: record.seq,
        hops: letterHops(record),
      };
      const letter = ownRecord('event.dead_lettered', data, time.now(), cause);
      round.writes.push({ kind: 'event', record: letter });
      logger.error('an event was dead-lettered', { event: record.seq, flow: flow.name, reason });
    }
  }

  #planStart(
    round: Round,
    event: LogRecord,
    { match, hash }: { readonly match: Extract<Match, { kind: 'start' }>; readonly hash: string },
  ): void {
    const { store, time, runner, session } = this.#options;
    const { flow } = match;
    const received = time.now();
    const leased = runner.slots.reserve();
    const origin = { catalog: hash, event: event.seq, epoch: session.epoch };
    const started = begin(flow, origin, leased ? null : received);
    const chain = { correlation: correlationOf(event, store.identity), hops: event.hops + 1 };
    const run = born(started, { received, ...chain });
    const record = ownRecord(started.type, encodeJournal(started), received, {
      ...chain,
      causation: event.seq,
    });
    const write = { kind: 'open', record, row: run } as const;
    if (leased)
      round.expected.push({ write, place: round.writes.length, newborn: { run, flow, event } });
    else round.queued = true;
    round.writes.push(write);
  }

  #round(): Round {
    return { writes: [], expected: [], tally: { ...this.#tally }, to: this.#at, queued: false };
  }

  async #commit(round: Round): Promise<void> {
    const { store, clock, time, runner } = this.#options;
    const state = JSON.stringify(round.tally);
    const checkpoint = { consumer: ROUTER, from: this.#recorded, to: round.to, state };
    // What was planned first may have waited for a catalog to be read.
    const unit = stamped({ writes: round.writes, checkpoint }, time.now());
    const { signal } = this.#stopping;
    const result = await appendPatiently(store, unit, { clock, time, signal });
    if (result.kind !== 'appended') {
      this.#release(round);
      if (this.#stopping.signal.aborted) return;
      throw new Error('somebody else routes this log: its checkpoint has moved');
    }
    this.#recorded = round.to;
    this.#advance(round);
    for (const { place, newborn } of round.expected)
      runner.begin({ id: result.first + place, ...newborn });
    if (round.queued) runner.queued();
  }

  #advance(round: Round): void {
    this.#at = round.to;
    this.#tally = round.tally;
  }
}
