import type { Flow } from '../flows/flow.ts';
import { eventScope, type Scope } from '../flows/scope.ts';
import { born } from '../runs/evolve.ts';
import { encodeJournal } from '../runs/journal.ts';
import { isKeyed, laneOf } from '../runs/lane.ts';
import type { Verdict } from '../runs/lane-verdict.ts';
import { eventLetter } from '../runs/letter.ts';
import { namedFlow, seenEvent, windowMembers } from '../runs/named-start.ts';
import { begin, type Session } from '../runs/next.ts';
import type { Runner } from '../runs/runner.ts';
import { toolRequested } from '../runs/tool-events.ts';
import { decodeWindowClosed } from '../runs/window-closed.ts';
import { type Clock, delay } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { EventWrite, LogRecord, Store } from '../store/contract.ts';
import { correlationOf, ownRecord } from '../store/record.ts';
import { ACTIVATED, type Catalogs } from './catalogs.ts';
import { seenUnder } from './hook-verdict.ts';
import type { HookVerdicts } from './hook-verdicts.ts';
import { Instances } from './instances.ts';
import type { Arrived, Arriving, Refusal, Sorted, Start } from './arrived.ts';
import { letterHops, type Match } from './match.ts';
import { closeChanged, planEnds, planHeld } from './pattern-planner.ts';
import { endsOf } from './pattern-window.ts';
import { catalogPlace, count, planRecord, recount } from './plan.ts';
import type { Round } from './round.ts';
import type { Scout } from './scout.ts';
import type { RefusedStart, StartGate } from './start-gate.ts';
import type { Watch } from './watch.ts';
import { closingRecord, memberOf, type OpenWindow } from './window.ts';
import type { Windows } from './windows.ts';

/** What a planner looks at, and hands slots and news to. */
export interface PlannerOptions {
  readonly store: Store;
  readonly catalogs: Catalogs;
  readonly runner: Runner;
  readonly scout: Scout;
  /** The windows that are open at present. */
  readonly windows: () => Windows;
  readonly watch: Pick<Watch, 'unwatchedAfter'>;
  readonly session: Session;
  readonly verdicts: HookVerdicts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether a start may come about that its lane has room for; without it each may. */
  readonly gate?: StartGate | undefined;
  /** Aborted when the router stops. */
  readonly signal: AbortSignal;
}

/** Writes that one commit of the router holds, unless a single event needs more. */
const WRITES_MAX = 1_000;
/** The same of characters that hooks amended: each run holds its own copy. */
const AMENDED_LENGTH_MAX = 4_194_304;
/** How long events wait in the log for a free slot before their runs are queued as rows. */
const PATIENCE_MS = 100;

/**
 * Decides what the records of a round become: the runs that they start, each with a slot or queued,
 * what is dropped, and the dead letters.
 */
export class Planner {
  readonly #options: PlannerOptions;
  readonly #instances: Instances;
  /** Up to here nothing waits in the log: somebody who stands there is held up. */
  #queuedTo = 0;
  /** The events of the match that is planned, where a key is asked of them. */
  #members: { readonly of: number; readonly records: readonly LogRecord[] } | undefined;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#instances = new Instances(options.store);
  }

  /**
   * Plans what is not planned yet, up to the end of the round or to something that has to be waited
   * for, which it returns. Does not wait itself: so all that one turn plans has one time, which no
   * record of anybody else's comes between.
   */
  plan(round: Round, records: readonly LogRecord[]): Promise<void> | undefined {
    const { catalogs, store, signal, verdicts } = this.#options;
    for (const record of records) {
      if (record.seq <= round.to) continue;
      this.closeWindows(round, record.received);
      if (signal.aborted || isFull(round)) return undefined;
      const place = catalogPlace(record);
      const active = catalogs.loadedAt(place);
      if (active === undefined) return catalogs.at(place).then(() => {});
      if (record.type === ACTIVATED) {
        const next = catalogs.loadedAt(record.seq + 1);
        if (next === undefined) return catalogs.at(record.seq + 1).then(() => {});
        const { flows } = next.catalog;
        const windows = this.#options.windows();
        if (!closeChanged(round, { windows, flows }, WRITES_MAX)) return undefined;
      }
      const verdict = verdicts.of(record.seq);
      const matches = planRecord(record, active.index, store.identity, verdict);
      if (matches.length > 0) {
        if (this.#lacksMembers(record, matches)) return this.#readMembers(record);
        const { hash } = active.catalog;
        const arrived = this.#arrived({ record, hash, verdict }, matches);
        const unread = this.#instances.unread(record, arrived.starts.map(flowOf));
        if (unread !== undefined) return unread;
        if (!this.#mayStart(round, arrived))
          return round.writes.length > 0 ? undefined : this.#slotFree(round, arrived);
        count(round.tally, record, matches);
        this.#planArrived(round, arrived);
      } else count(round.tally, record, matches);
      round.to = record.seq;
    }
    return undefined;
  }

  /**
   * Closes the windows that are due by then, as many as the round has room for, up to the first one
   * that `stays` open a little longer.
   */
  closeWindows(round: Round, now: number, stays?: (open: OpenWindow) => boolean): void {
    const windows = this.#options.windows();
    while (round.writes.length < WRITES_MAX) {
      const open = windows.overdue(now);
      if (open === undefined || stays?.(open) === true) return;
      windows.close(round.stage, open);
      this.#planClosed(round, open);
    }
  }

  #planClosed(round: Round, open: OpenWindow): void {
    if (open.window.pattern !== undefined) return planEnds(round, endsOf(open, 'expired'));
    round.writes.push({ kind: 'event', record: closingRecord(open, round.received) });
  }

  #planGathered(
    round: Round,
    record: LogRecord,
    { flow: { name: flow }, gather, key }: Extract<Match, { kind: 'gathered' }>,
  ): void {
    const member = memberOf(record, this.#options.store.identity);
    const full = this.#options.windows().join(round.stage, { flow, key, gather }, member);
    if (full !== undefined) this.#planClosed(round, full);
  }

  /** Takes back what was counted of runs that will not be born. */
  release(round: Round): void {
    const { runner, gate } = this.#options;
    for (const { newborn } of round.expected) {
      runner.leave(newborn.run);
      this.#instances.leave(newborn);
    }
    gate?.release(round.writes);
  }

  #arrived({ record, hash, verdict }: Arriving, matches: readonly Match[]): Arrived {
    const sorted: Sorted = { starts: [], gathered: [], held: [], dead: [], lost: [] };
    const arrived = { record, hash, verdict, ...sorted };
    for (const match of matches) this.#sort(arrived, match);
    return arrived;
  }

  #sort(
    { starts, gathered, held, dead, lost, ...arriving }: Arriving & Sorted,
    match: Match,
  ): void {
    if (match.kind === 'start') {
      const { flow } = match;
      // Most flows have one lane, and this is asked of each of their events.
      if (!isKeyed(flow)) starts.push({ flow, lane: flow.name });
      else {
        const lane = this.#laneOf(arriving, flow);
        if ('lane' in lane) starts.push(lane);
        else lost.push(lane);
      }
    } else if (match.kind === 'dead') dead.push(match);
    else if (match.kind === 'gathered') gathered.push(match);
    else if (match.kind === 'held') held.push(match);
  }

  #laneOf(arriving: Arriving, flow: Flow): Start | Refusal {
    try {
      return { flow, lane: laneOf(flow, () => this.#scope(arriving, flow)) };
    } catch (error) {
      return { flow, reason: messageOf(error), code: 'expression.failed' };
    }
  }

  /** Whether a key is asked of a match whose events are not at hand. */
  #lacksMembers(record: LogRecord, matches: readonly Match[]): boolean {
    if (record.type !== 'window.closed' || this.#members?.of === record.seq) return false;
    const isAsked = matches.some(({ kind, flow }) => kind === 'start' && isKeyed(flow));
    return isAsked && decodeWindowClosed(record)?.pattern !== undefined;
  }

  async #readMembers(record: LogRecord): Promise<void> {
    const flow = namedFlow(record) ?? '';
    const records = await windowMembers(this.#options.store, record, flow);
    this.#members = { of: record.seq, records };
  }

  /**
   * What the keys of a flow's limits are made of: the event as its run sees it, as far as it is
   * here.
   */
  #scope({ record, verdict }: Arriving, { name }: Flow): Scope {
    const { identity } = this.#options.store;
    const members = this.#members?.of === record.seq ? this.#members.records : [];
    return eventScope(seenUnder(verdict, seenEvent(record, name, identity, members)));
  }

  /** Whether the event may be routed now: slots are free, or it need not or shall not wait. */
  #mayStart(round: Round, { record: { seq }, starts }: Arrived): boolean {
    const { runner } = this.#options;
    if (round.queued || round.waited === seq || seq <= this.#queuedTo) return true;
    let wanted = 0;
    for (const { flow, lane } of starts) {
      // Nobody else's run keeps it waiting, and it keeps nobody waiting.
      if (runner.lanes.isExpress(flow.name)) continue;
      const verdict = runner.admit(lane);
      if (verdict === 'wait') return false;
      if (verdict === 'lease') wanted++;
    }
    const { free, slots } = runner.lanes;
    return free >= Math.min(wanted, slots);
  }

  async #slotFree(round: Round, { record, starts }: Arrived): Promise<void> {
    const { runner, clock, scout } = this.#options;
    const { lanes } = runner;
    const heldUp = await scout.look(record.seq, priorityOf(starts));
    if (heldUp !== undefined) {
      this.#queuedTo = heldUp;
      return;
    }
    if (lanes.free === 0 || lanes.waits) {
      const patience = new AbortController();
      const forget = lanes.onFree(() => patience.abort());
      const signal = AbortSignal.any([patience.signal, this.#options.signal]);
      await delay(clock, PATIENCE_MS, signal);
      forget();
    }
    round.waited = record.seq;
    round.queued = lanes.free === 0 || lanes.waits;
  }

  #planArrived(round: Round, arrived: Arrived): void {
    const { record, starts, gathered, held, dead, lost } = arrived;
    for (const match of gathered) this.#planGathered(round, record, match);
    const { windows, watch, store } = this.#options;
    const holding = { windows: windows(), watch, identity: store.identity };
    for (const match of held) planHeld(round, { record, match }, holding);
    for (const start of starts) {
      const spent = this.#instances.spent(record, start.flow);
      if (spent !== undefined) {
        this.#planDrop(round, record, { ...start, reason: spent });
        continue;
      }
      const verdict = this.#options.runner.admit(start.lane);
      const refused = this.#refused(record, start, verdict);
      if (refused === undefined) this.#planStart(round, arrived, { ...start, verdict });
      else if (refused.became === 'dropped')
        this.#planDrop(round, record, { ...start, ...refused });
      else {
        this.#planDead(round, record, { flow: start.flow, ...refused });
        recount(round.tally, 'dead_lettered');
      }
    }
    for (const refusal of dead) this.#planDead(round, record, refusal);
    for (const refusal of lost) {
      this.#planDead(round, record, refusal);
      recount(round.tally, 'dead_lettered');
    }
  }

  /** Why a start does not come about: its lane takes no more, or others set a limit. */
  #refused(event: LogRecord, { flow }: Start, verdict: Verdict): RefusedStart | undefined {
    if (verdict === 'drop' || verdict === 'error') {
      const became = verdict === 'drop' ? 'dropped' : 'dead_lettered';
      return { became, reason: fullReason(flow), code: 'lane.full' };
    }
    // What others have queued refuses nothing that is express.
    const isExpress = this.#options.runner.lanes.isExpress(flow.name);
    const isApart = flow.queue === undefined && isExpress;
    const queues = !isApart && (verdict === 'wait' || verdict === 'queue');
    return this.#options.gate?.refusal({ event, flow, queues, isExpress });
  }

  #planDead(round: Round, record: LogRecord, { flow, reason, code }: Refusal): void {
    const { logger } = this.#options;
    const dead = { event: record.seq, flow: flow.name, code, reason };
    const write = this.#caused(round, record, 'event.dead_lettered', dead);
    round.writes.push({ ...write, letter: eventLetter(dead) });
    logger.error('an event was dead-lettered', { event: record.seq, flow: flow.name, reason });
  }

  #planDrop(
    round: Round,
    record: LogRecord,
    { flow, lane, reason, source }: Start & Pick<RefusedStart, 'reason' | 'source'>,
  ): void {
    const { logger } = this.#options;
    const drop = { event: record.seq, flow: flow.name, reason, lane, source };
    round.writes.push(this.#caused(round, record, 'event.dropped', drop));
    recount(round.tally, 'dropped');
    logger.warn('an event was dropped', { event: record.seq, flow: flow.name, reason });
  }

  #caused(
    round: Round,
    record: LogRecord,
    type: 'event.dead_lettered' | 'event.dropped',
    data: object,
  ): EventWrite {
    const cause = {
      correlation: correlationOf(record, this.#options.store.identity),
      causation: record.seq,
      hops: letterHops(record),
    };
    return {
      kind: 'event',
      record: ownRecord(type, JSON.stringify(data), round.received, cause),
    };
  }

  #planStart(
    round: Round,
    arrived: Arrived,
    { flow, lane, verdict }: Start & { readonly verdict: Verdict },
  ): void {
    const { record: event, hash, verdict: said } = arrived;
    const { store, runner, session } = this.#options;
    const { received } = round;
    const leased = verdict === 'lease';
    const amended = said?.kind === 'amended' ? { data: said.data } : {};
    const began = this.#instances.enter(event, flow, () => this.#scope(arrived, flow));
    const instance = began === undefined ? {} : { began };
    const place = { catalog: hash, event: event.seq, epoch: session.epoch, lane };
    const origin = { ...place, ...instance, ...amended };
    const started = begin(flow, origin, leased ? null : received);
    const chain = { correlation: correlationOf(event, store.identity), hops: event.hops + 1 };
    const run = born(started, { received, ...chain });
    const data = encodeJournal(started);
    if ('data' in amended) round.amended += data.length;
    const record = ownRecord(started.type, data, received, {
      ...chain,
      causation: event.seq,
    });
    runner.enter(run);
    if (!leased) this.#options.gate?.queued(event);
    round.expected.push({ place: round.writes.length, newborn: { run, flow, event, ...amended } });
    // Where its own limits keep it from beginning, others need not be queued with it.
    const isExpress = runner.lanes.isExpress(flow.name);
    if (verdict === 'wait' && !isExpress) round.queued = true;
    if (verdict === 'replace') round.replacing.add(lane);
    round.writes.push({ kind: 'open', record, row: run });
    const cause = { ...chain, causation: event.seq };
    round.writes.push(...toolRequested(flow, received, cause));
  }
}

function flowOf({ flow }: Start): Flow {
  return flow;
}

function priorityOf(starts: readonly Start[]): number {
  return Math.max(...starts.map(({ flow }) => flow.priority ?? 0));
}

function fullReason({ name, concurrency }: Flow): string {
  return `As many runs are open as "concurrency" of flow "${name}" allows: ${concurrency?.limit}.`;
}

function isFull({ writes, amended }: Round): boolean {
  return writes.length >= WRITES_MAX || amended >= AMENDED_LENGTH_MAX;
}
