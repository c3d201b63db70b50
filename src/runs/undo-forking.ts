import type { ForkStep, Step } from '../flows/flow.ts';
import { type EventWrite, type OpenState, OPEN_STATES, type RunRow } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import { compensate, compensating } from './compensate.ts';
import type { DriverOptions } from './driver-options.ts';
import type { Forked } from './forking.ts';
import { endsRun, type JournalEvent, type StepForked } from './journal.ts';
import { closing } from './letter-closing.ts';
import type { Motion } from './motion.ts';
import { isAction } from './next.ts';
import { OpenFork } from './open-fork.ts';
import { isUndoing, stepAt, undoPath } from './position.ts';
import type { Recorder } from './recorder.ts';
import { type Saga, stuckOf, undoAt } from './saga.ts';
import { took, type Transition, transition } from './transition.ts';

/** Runs that are undone together: more of them are undone one lot after the other. */
const UNDONE_TOGETHER_MAX = 1_000;
const PAGE = 500;
/** How often a lot is put together anew, one of which has moved on meanwhile. */
const TRIES_MAX = 20;

/** What is done about the runs that a fork opened, in one unit. */
interface Lot {
  readonly undone: Transition[];
  /** Those that stop without anything to undo. */
  readonly stopped: Transition[];
  /** What closes the dead letters of those that are tried again. */
  readonly closings: EventWrite[];
  /** Those that cannot be undone, and why. */
  readonly stuck: string[];
  /** What each was, as those who count know it. */
  readonly before: Map<Motion, OpenState | null>;
}

/** A lot, and all runs that were taken up for it. */
interface Gathered {
  readonly lot: Lot;
  readonly held: Motion[];
}

/** How a run is taken up whose steps are to be undone. */
interface Ways {
  readonly recorder: Recorder;
  /** Who works on runs here. */
  readonly driver: {
    holds(run: number): boolean;
    interrupt(run: number, atOnce: boolean): void;
  };
}

/**
 * Undoes what the branches of a fork did, or the run that it called: each undoes its own steps, all
 * of them at once, and the run that forked waits for them.
 */
export class UndoForking {
  readonly #options: DriverOptions;
  readonly #ways: Ways;

  constructor(options: DriverOptions, ways: Ways) {
    this.#options = options;
    this.#ways = ways;
  }

  /** Has what a fork did undone, or tells that it is, or that it cannot be. */
  async open(motion: Motion, step: ForkStep): Promise<Forked> {
    const { forks } = this.#options;
    const seq = motion.saga && undoAt(motion.saga, motion.run.at)?.fork;
    if (seq === undefined) return { record: { type: 'run.noop', ...placeOf(motion, step) } };
    const forward = await forks.hold(motion.id, seq);
    try {
      for (let tries = 0; tries < TRIES_MAX; tries++) {
        const done = await this.#try(motion, step, seq);
        if (done !== undefined) return done;
      }
    } finally {
      forks.letGo(forward);
    }
    const message = `What step "${step.id}" opened moves on faster than it can be undone.`;
    return { record: stuckRecord(motion, step, message) };
  }

  async #try(motion: Motion, step: ForkStep, seq: number): Promise<Forked | undefined> {
    const { time } = this.#options;
    const { recorder } = this.#ways;
    const lot: Lot = { undone: [], stopped: [], closings: [], stuck: [], before: new Map() };
    const held: Motion[] = [];
    try {
      await this.#gather(motion, seq, { lot, held });
      const count = lot.undone.length;
      if (count + lot.stopped.length === 0) return { record: lastRecord(motion, step, lot.stuck) };
      const place = placeOf(motion, step);
      const forked: StepForked = {
        type: 'step.forked',
        ...place,
        count,
        concurrency: count,
        due: null,
        of: seq,
      };
      const own = count === 0 ? [] : [transition(motion, forked, time.now())];
      const all = [...own, ...lot.undone, ...lot.stopped];
      const writes = [...all.map(({ write }) => write), ...lot.closings];
      const result = await recorder.append({ writes });
      if (result.kind === 'full') return { going: undefined };
      if (result.kind !== 'appended') return undefined;
      if (own.length > 0) this.#adopt(motion, { step, seq, forked, lot });
      await this.#tell(all, result.first, lot);
      return own.length === 0 ? undefined : { going: undefined };
    } finally {
      for (const { fork } of held) if (fork !== undefined) this.#options.forks.letGo(fork);
    }
  }

  /** Puts together what is to be done about the runs that a fork opened. */
  async #gather(motion: Motion, seq: number, { lot, held }: Gathered): Promise<void> {
    const { store } = this.#options;
    for (let after = 0; lot.undone.length < UNDONE_TOGETHER_MAX;) {
      const rows = await store.branches({ parent: motion.id, fork: seq, after, limit: PAGE });
      for (const row of rows) await this.#consider(motion, row, { lot, held });
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.id;
    }
  }

  async #consider(parent: Motion, row: RunRow, { lot, held }: Gathered): Promise<void> {
    const { forks, time, session, store } = this.#options;
    if (row.state === 'compensated' || isAbandoned(parent, row)) return;
    const again = parent.saga?.again ?? 0;
    if (row.state === 'compensation_stuck' && row.version > again) {
      lot.stuck.push(`${idOf(store.identity, row.id)}: ${row.reason ?? 'it is stuck'}`);
      return;
    }
    const motion = await forks.takeUp(row);
    held.push(motion);
    const now = time.now();
    await this.#stopBelow(motion, { lot, held });
    const entry = undoOf(motion, parent.saga, { due: now, epoch: session.epoch });
    lot.before.set(motion, this.#before(row));
    if (entry !== undefined) {
      const step = transition(motion, entry, now);
      (endsRun(entry) ? lot.stopped : lot.undone).push(step);
      // That of a run which is stuck has the place of its end.
      const letter = entry.type === 'run.retried' ? await store.letter(row.version) : undefined;
      const closes = letter?.state === 'open' && { letter: letter.id, state: 'retried' as const };
      if (closes) lot.closings.push(closing(step, closes));
    } else if (motion.saga?.pivot !== undefined) {
      const shown = idOf(store.identity, row.id);
      lot.stuck.push(`${shown}: it is behind its pivot "${motion.saga.pivot}"`);
    } else if (row.ended === null) lot.stopped.push(transition(motion, stopped(motion), now));
  }

  /** Stops what a run has left to others that have nothing to undo; with the others it waits. */
  async #stopBelow(motion: Motion, gathered: Gathered): Promise<void> {
    const { forks, store, time } = this.#options;
    const { forkedAt: fork, saga, id: parent } = motion;
    if (fork === undefined || saga?.list.some((each) => each.fork === fork) === true) return;
    for (let after = 0; ;) {
      const rows = await store.branches({ parent, fork, after, limit: PAGE });
      for (const row of rows) {
        if (row.ended !== null || isAbandoned(motion, row)) continue;
        const below = await forks.takeUp(row);
        gathered.held.push(below);
        gathered.lot.before.set(below, this.#before(row));
        await this.#stopBelow(below, gathered);
        gathered.lot.stopped.push(transition(below, stopped(below), time.now()));
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.id;
    }
  }

  #before({ id, state, ended }: RunRow): OpenState | null {
    if (ended === null && this.#ways.driver.holds(id)) return 'running';
    return OPEN_STATES.find((open) => open === state) ?? null;
  }

  #adopt(
    motion: Motion,
    {
      step,
      seq,
      forked,
      lot,
    }: {
      readonly step: ForkStep;
      readonly seq: number;
      readonly forked: StepForked;
      readonly lot: Lot;
    },
  ): void {
    const fork = new OpenFork({ parent: motion, step, seq, record: forked, items: [] });
    for (const { motion: child } of lot.undone) fork.opened(child.run.branch ?? 0);
    this.#options.forks.adopt(fork);
  }

  async #tell(all: readonly Transition[], first: number, { before }: Lot): Promise<void> {
    const { moved } = this.#options;
    for (const [index, step] of all.entries()) {
      const { motion, row } = step;
      const seq = first + index;
      took(step, seq);
      const from = before.get(motion);
      if (from === undefined) moved(motion.id, row, 'running');
      else {
        this.#ways.driver.interrupt(motion.id, false);
        moved(motion.id, row, from);
      }
    }
  }
}

/** Whether a run goes on without the one that called it. */
function isAbandoned({ flow, run, saga }: Motion, { ended, fork: seq }: RunRow): boolean {
  if (ended !== null) return false;
  const at = saga?.list.find((each) => each.fork === seq)?.at ?? run.at;
  const { fork } = stepAt(flow, at) ?? {};
  return fork?.kind === 'call' && fork.close === 'abandon';
}

/** What a run that a fork opened begins to undo; undefined where there is nothing. */
function undoOf(
  motion: Motion,
  saga: Saga | undefined,
  onwards: { readonly due: number; readonly epoch: number },
): JournalEvent | undefined {
  const { run, saga: own } = motion;
  const because = saga?.because ?? { by: 'signalbox', reason: 'its run is undone' };
  if (run.state === 'compensation_stuck' && own !== undefined) return retriedAll(own, onwards);
  const doubt = undoDoubt(motion);
  if (doubt !== undefined) return compensate(motion, doubt, onwards);
  const entry = { at: run.at, step: stepIdOf(motion) };
  return compensating(motion, { because, entry }, onwards);
}

/** The undo under way in a run that undoes itself already, where that must not be repeated. */
function undoDoubt({ flow, run }: Motion): JournalEvent | undefined {
  const { at, attempt, state } = run;
  const step = stepAt(flow, at);
  if (!isUndoing(at) || state !== 'running' || attempt === 0) return undefined;
  if (step === undefined || !isAction(step) || step.effect === 'idempotent') return undefined;
  const message =
    `Step "${step.id}" was told to end while it was under way, so it may have happened; ` +
    `it is marked "effect: ${step.effect}" and is not repeated. Look at its target and decide.`;
  const error = { code: 'step.unknown', message, happened: 'maybe' } as const;
  return { type: 'step.unknown', at, step: step.id, attempt, error };
}

/** What is stuck is tried again. */
function retriedAll(saga: Saga, { due }: { readonly due: number }): JournalEvent | undefined {
  const stuck = stuckOf(saga);
  const last = stuck.at(-1);
  if (last === undefined) return undefined;
  const undo = stuck.map(({ at }) => at);
  const said = { by: 'signalbox', reason: 'the undo of its run is tried again' };
  const { step } = last;
  return {
    type: 'run.retried',
    at: undoPath(last.at),
    step,
    due,
    ended: 'compensation_stuck',
    undo,
    ...said,
  };
}

function stepIdOf({ flow, run }: Motion): string {
  return stepAt(flow, run.at)?.id ?? run.at;
}

function stopped(motion: Motion): JournalEvent {
  const { run } = motion;
  const said = { by: 'signalbox', reason: 'its run is undone' };
  return { type: 'run.cancelled', at: run.at, step: stepIdOf(motion), ...said };
}

function placeOf({ run }: Motion, step: Step): { readonly at: string; readonly step: string } {
  return { at: run.at, step: step.id };
}

function lastRecord(motion: Motion, step: ForkStep, stuck: readonly string[]): JournalEvent {
  const [first] = stuck;
  if (first === undefined) return { type: 'run.noop', ...placeOf(motion, step) };
  const more = stuck.length > 1 ? ` (and ${stuck.length - 1} more)` : '';
  const message = `What step "${step.id}" opened could not be undone: run ${first}${more}`;
  return stuckRecord(motion, step, message);
}

function stuckRecord(motion: Motion, step: ForkStep, message: string): JournalEvent {
  const error = { code: 'saga.stuck', message, happened: 'maybe' } as const;
  return { type: 'run.failed', ...placeOf(motion, step), attempt: motion.run.attempt, error };
}
