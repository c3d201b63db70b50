import type { Flow } from '../flows/flow.ts';
import { born } from '../runs/evolve.ts';
import { encodeJournal } from '../runs/journal.ts';
import { begin, type Session } from '../runs/next.ts';
import type { Runner } from '../runs/runner.ts';
import { type Clock, delay } from '../std/clock.ts';
import type { Logger } from '../std/logger.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { correlationOf, ownRecord } from '../store/record.ts';
import type { Catalogs } from './catalogs.ts';
import { letterHops, type Match } from './match.ts';
import { count, planRecord, recount } from './plan.ts';
import type { Round } from './round.ts';
import type { RefusedStart, StartGate } from './start-gate.ts';

/** What a planner looks at, and hands slots and news to. */
export interface PlannerOptions {
  readonly store: Store;
  readonly catalogs: Catalogs;
  readonly runner: Runner;
  readonly session: Session;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether a start may come about; without it each may. */
  readonly gate?: StartGate | undefined;
  /** Aborted when the router stops. */
  readonly signal: AbortSignal;
}

/** Writes that one commit of the router holds, unless a single event needs more. */
const WRITES_MAX = 1_000;
/** How long events wait in the log for a free slot before their runs are queued as rows. */
const PATIENCE_MS = 100;
/**
 * Decides what the records of a round become: the runs that they start, each with a slot or queued,
 * and the dead letters.
 */
export class Planner {
  readonly #options: PlannerOptions;

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  /**
   * Plans what is not planned yet, up to the end of the round or to something that has to be waited
   * for, which it returns. Does not wait itself: so all that one turn plans has one time, which no
   * record of anybody else's comes between.
   */
  plan(round: Round, records: readonly LogRecord[]): Promise<void> | undefined {
    const { catalogs, store } = this.#options;
    for (const record of records) {
      if (record.seq <= round.to) continue;
      if (this.#options.signal.aborted || round.writes.length >= WRITES_MAX) return undefined;
      const active = catalogs.loadedAt(record.seq);
      if (active === undefined) return catalogs.at(record.seq).then(() => {});
      const matches = planRecord(record, active.index, store.identity);
      if (matches.length > 0) {
        const starts = matches.filter(({ kind }) => kind === 'start').length;
        if (starts > 0 && !this.#mayStart(round, record, starts)) {
          this.#options.gate?.expectQueueing(matches.map(({ flow }) => flow));
          return round.writes.length > 0 ? undefined : this.#slotFree(round, record);
        }
        const { hash } = active.catalog;
        for (const match of matches) this.#planMatch(round, { record, match, hash });
      }
      count(round.tally, record, matches);
      round.to = record.seq;
    }
    return undefined;
  }

  /** Gives back the slots of runs that will not be born. */
  release(round: Round): void {
    this.#options.gate?.release(round.writes);
    for (const _ of round.expected) this.#options.runner.slots.giveBack();
  }

  /** Whether the event may be routed now: slots are free, or it waited for them in vain. */
  #mayStart(round: Round, { seq }: LogRecord, starts: number): boolean {
    const { slots } = this.#options.runner;
    if (round.queued || round.waited === seq) return true;
    return slots.free >= Math.min(starts, slots.all) && !slots.backlog;
  }

  async #slotFree(round: Round, { seq }: LogRecord): Promise<void> {
    const { runner, clock } = this.#options;
    const { slots } = runner;
    if (slots.free === 0 || slots.backlog) {
      const patience = new AbortController();
      const forget = slots.onFree(() => patience.abort());
      const signal = AbortSignal.any([patience.signal, this.#options.signal]);
      await delay(clock, PATIENCE_MS, signal);
      forget();
    }
    round.waited = seq;
    round.queued = slots.free === 0 || slots.backlog;
  }

  #planMatch(
    round: Round,
    found: { readonly record: LogRecord; readonly match: Match; readonly hash: string },
  ): void {
    const { record, match, hash } = found;
    if (match.kind === 'start') this.#planStart(round, record, { match, hash });
    else if (match.kind === 'dead') {
      const { store, logger } = this.#options;
      const { reason, flow } = match;
      const data = JSON.stringify({ event: record.seq, flow: flow.name, reason });
      const cause = {
        correlation: correlationOf(record, store.identity),
        causation: record.seq,
        hops: letterHops(record),
      };
      const letter = ownRecord('event.dead_lettered', data, round.received, cause);
      round.writes.push({ kind: 'event', record: letter });
      logger.error('an event was dead-lettered', { event: record.seq, flow: flow.name, reason });
    }
  }

  #planStart(
    round: Round,
    event: LogRecord,
    { match, hash }: { readonly match: Extract<Match, { kind: 'start' }>; readonly hash: string },
  ): void {
    const { store, runner, session, gate } = this.#options;
    const { flow } = match;
    const { received } = round;
    const queues = runner.slots.backlog || runner.slots.free === 0;
    const refusal = gate?.refusal({ event, flow, queues });
    if (refusal !== undefined) return this.#planRefusal(round, event, { flow, refusal });
    const leased = runner.slots.reserve();
    const lane = flow.name;
    const origin = { catalog: hash, event: event.seq, epoch: session.epoch, lane };
    const started = begin(flow, origin, leased ? null : received);
    const chain = { correlation: correlationOf(event, store.identity), hops: event.hops + 1 };
    const run = born(started, { received, ...chain });
    const record = ownRecord(started.type, encodeJournal(started), received, {
      ...chain,
      causation: event.seq,
    });
    if (leased) round.expected.push({ place: round.writes.length, newborn: { run, flow, event } });
    else round.queued = true;
    round.writes.push({ kind: 'open', record, row: run });
  }
  #planRefusal(
    round: Round,
    event: LogRecord,
    { flow, refusal }: { readonly flow: Flow; readonly refusal: RefusedStart },
  ): void {
    const { gate, logger } = this.#options;
    if (gate === undefined) return;
    round.writes.push(gate.record(refusal, { event, flow }, round.received));
    recount(round.tally, refusal.became);
    const { became, reason } = refusal;
    const said = { event: event.seq, flow: flow.name, reason };
    if (became === 'dropped') logger.warn('an event was dropped', said);
    else logger.error('an event was dead-lettered', said);
  }
}
