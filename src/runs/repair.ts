import { attributionOf } from '../events/attribution.ts';
import { textProblem } from '../events/event.ts';
import { messageOf } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import type { Logger } from '../std/logger.ts';
import {
  type AppendResult,
  type LetterClosing,
  OPEN_STATES,
  type OpenState,
  type RunRow,
  type Store,
} from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { idOf } from '../store/record.ts';
import type { Moved } from './driver-options.ts';
import type { Driver } from './driver.ts';
import type { FindFlow } from './flow-finder.ts';
import type { Forks } from './forks.ts';
import { type Decision, endsRun, type JournalEvent } from './journal.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { interruptBranches } from './interrupt-branches.ts';
import { closing } from './letter-closing.ts';
import { lastOf, takeUp, type TakenUp } from './lost-run.ts';
import { isOpen, type Motion } from './motion.ts';
import { relocated, type Moving, type Reached } from './move-rules.ts';
import { targetOf } from './move-target.ts';
import { recordPauseWord } from './pause-requests.ts';
import { stepAt } from './position.ts';
import type { Beside } from './recorder.ts';
import { type Case, isRefusal, type Refusal, refuse, type StepVerdict } from './refusal.ts';
import { cancelled, killed, paused, reopened, resumed, retried, settled } from './repair-rules.ts';
import { type Transition, transition } from './transition.ts';

type DriverUse = 'holds' | 'interrupt' | 'pause' | 'isPausing' | 'unpause' | 'close';

export interface RepairOptions {
  readonly store: Store;
  readonly time: EngineTime;
  readonly logger: Logger;
  readonly forks: Forks;
  /** Withdraws what a run has proposed that does not wait for an answer any more. */
  readonly gatekeeper: Pick<Gatekeeper, 'withdrawal'>;
  /** Who works on runs, where somebody does here. */
  readonly driver: Pick<Driver, DriverUse>;
  readonly moved: Moved;
  readonly findFlow: FindFlow;
  /** The one catalog whose hash begins so, or the one in force; undefined where there is none. */
  readonly catalogNamed?: ((start: string | undefined) => string | undefined) | undefined;
}

/** What came of a repair: the run as it stands now, or why it was not done. */
export type Repaired =
  | { readonly kind: 'done'; readonly row: RunRow }
  /** It will be when the step under way is over. */
  | { readonly kind: 'pending'; readonly row: RunRow }
  | Refusal;

/** What a person asks for when a run is to be retried. */
export interface Retry extends Decision {
  /** The id of the step to go back to; the one where the run stands, or failed, if left out. */
  readonly from?: string | undefined;
  /** The dead letter that this settles, where the caller knows it. */
  readonly closes?: LetterClosing | undefined;
}

/** How a run is cancelled. */
export interface Cancelling extends Decision {
  /** Whether the command under way is killed without grace, and nothing is undone. */
  readonly atOnce?: boolean | undefined;
}

/** Where a run is moved to. */
export interface MoveRequest extends Moving {
  /** The hash of the catalog, or its beginning; the one in force where it is left out. */
  readonly catalog?: string | undefined;
}

/** A deed as it is asked for. */
export type RepairRequest = Decision &
  (
    | { readonly verb: 'pause' | 'resume' | 'cancel' | 'kill' }
    | { readonly verb: 'retry'; readonly from?: string | undefined }
    | ({ readonly verb: 'move' } & Omit<MoveRequest, keyof Decision>)
    | { readonly verb: 'skip'; readonly step: string }
    | { readonly verb: 'set'; readonly step: string; readonly output: Json }
  );

/** How a deed comes to its record, and the dead letter that this closes where its caller knows. */
interface Deed {
  readonly rule: (on: Case, reached?: Reached) => JournalEvent | Refusal;
  readonly atOnce?: boolean | undefined;
  readonly closes?: LetterClosing | undefined;
  /** Whether it can be done to a run whose flow cannot be read. */
  readonly isBlind?: boolean;
}

/** How often a repair is tried again whose run has moved on meanwhile. */
const TRIES_MAX = 20;
const PAGE = 500;
/** Why a proposal needs no answer any more whose run a person has taken elsewhere. */
const WITHDRAWN = 'the run was cancelled, or sent on otherwise';

/**
 * What a person may do to a run: each deed is a record of the run, with who did it and why, and
 * competes with the run's own next record. Nothing of it needs the run's worker to be alive.
 */
export class Repair {
  readonly #options: RepairOptions;

  constructor(options: RepairOptions) {
    this.#options = options;
  }

  /** Does what is asked for. `kill` is a `cancel` without grace, which undoes nothing. */
  async apply(run: number, request: RepairRequest): Promise<Repaired> {
    const { verb, reason } = request;
    const decision = { ...attributionOf(request), reason };
    const problem = reason === null ? undefined : textProblem('reason', reason);
    if (problem !== undefined) return refuse('repair.invalid', problem);
    switch (verb) {
      case 'pause':
        return this.pause(run, decision);
      case 'resume':
        return this.resume(run, decision);
      case 'cancel':
      case 'kill':
        return this.cancel(run, { ...decision, atOnce: verb === 'kill' });
      case 'retry':
        return this.retry(run, { ...decision, from: request.from });
      case 'move':
        return this.move(run, request);
      case 'skip':
        return this.skip(run, { ...decision, step: request.step });
      case 'set':
        return this.set(run, { ...decision, step: request.step, output: request.output });
    }
  }

  /**
   * Ends the run, and what it waits for, and has undone what it did. A step that is under way is
   * told to end, and its result no longer counts.
   */
  cancel(run: number, { atOnce, ...decision }: Cancelling): Promise<Repaired> {
    const rule = atOnce === true ? killed : cancelled;
    return this.#do(run, { rule: (on) => rule(on, decision), atOnce, isBlind: true });
  }

  /** Holds the run where it rests, or when the step under way is over; and what it waits for. */
  async pause(run: number, decision: Decision): Promise<Repaired> {
    const { driver, store } = this.#options;
    const row = await store.run(run);
    if (row?.ended === null) {
      const isAsked = driver.isPausing(run);
      if (isAsked || this.expectPause(run, decision)) {
        const request = { ...decision, type: 'run.pause_requested' } as const;
        if (isAsked || (await recordPauseWord(this.#options, row, request)))
          return { kind: 'pending', row };
        driver.unpause(run);
        return FULL;
      }
    }
    return this.#do(run, { rule: (on) => paused(on, decision) });
  }

  /** Has a run that is worked on rest when its step is over; false where nobody here does. */
  expectPause(run: number, decision: Decision): boolean {
    const again = (): void => void this.#pauseAtRest(run, decision);
    return this.#options.driver.pause(run, decision, again);
  }

  /** Lets a run go on that is paused, and what it waits for; or takes a pause back. */
  async resume(run: number, decision: Decision): Promise<Repaired> {
    const { driver, store } = this.#options;
    const row = await store.run(run);
    if (row !== undefined && driver.isPausing(run)) {
      const withdrawal = { ...decision, type: 'run.pause_withdrawn' } as const;
      if (!(await recordPauseWord(this.#options, row, withdrawal))) return FULL;
      if (driver.unpause(run)) return { kind: 'done', row };
    }
    return this.#do(run, { rule: (on) => resumed(on, decision) });
  }

  /** Does a step again, and what comes behind it. */
  retry(run: number, { from, closes, ...decision }: Retry): Promise<Repaired> {
    return this.#do(run, { rule: (on) => retried(on, decision, from), closes });
  }

  /** Has a run go on by the definition of its flow in another catalog. */
  async move(run: number, { catalog, ...moving }: MoveRequest): Promise<Repaired> {
    const row = await this.#options.store.run(run);
    if (row === undefined) return this.#unknown(run);
    const target = await targetOf(row, catalog, this.#options);
    if (isRefusal(target)) return target;
    const rule: Deed['rule'] = (on, reached) => relocated(on, moving, { target, reached });
    return this.#do(run, { rule, isBlind: true });
  }

  /** Passes over the step at which the run rests or with which it failed. */
  skip(run: number, verdict: Omit<StepVerdict, 'output'>): Promise<Repaired> {
    return this.set(run, { ...verdict, output: null });
  }

  /**
   * Says what the step has given at which the run rests or with which it failed: the run goes on
   * behind it. One that has ended is opened first.
   */
  async set(run: number, verdict: StepVerdict): Promise<Repaired> {
    const row = await this.#options.store.run(run);
    if (row !== undefined && row.ended !== null) {
      const opened = await this.#do(run, { rule: (on) => reopened(on, verdict) });
      if (opened.kind === 'refused') return opened;
    }
    return this.#do(run, { rule: (on) => settled(on, verdict) });
  }

  async #do(run: number, deed: Deed): Promise<Repaired> {
    const { store, forks } = this.#options;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const row = await store.run(run);
      if (row === undefined) return this.#unknown(run);
      const taken = await takeUp(row, this.#options, deed);
      if (taken === undefined) {
        const message = `The flow of run ${this.#shown(run)} cannot be read any more`;
        const remedy = 'cancel the run, or move it to a catalog that can be read';
        return refuse('run.unreadable', `${message}; ${remedy}.`);
      }
      const { motion } = taken;
      try {
        const done = await this.#try(row, taken, deed);
        if (done !== 'stale') return done;
      } finally {
        if (motion.fork !== undefined) forks.letGo(motion.fork);
      }
    }
    const message = `Run ${this.#shown(run)} moves on faster than it can be changed; try again.`;
    return refuse('run.busy', message);
  }

  async #try(row: RunRow, { motion, reached }: TakenUp, deed: Deed): Promise<Repaired | 'stale'> {
    const { store, forks, time } = this.#options;
    const now = time.now();
    const entry = deed.rule({ motion, last: await lastOf(row, store), now }, reached);
    if (isRefusal(entry)) return entry;
    const letter = await this.#letterOf(row, entry);
    const step = transition(motion, entry, now);
    const closes = deed.closes ?? letter;
    const besides = [
      ...(closes === undefined ? [] : [closing(step, closes)]),
      ...(await this.#withdrawal(step, deed)),
    ];
    const result = await this.#append(step, besides);
    if (result.kind === 'full') return FULL;
    if (result.kind !== 'appended') return (await this.#closed(deed.closes)) ?? 'stale';
    await forks.heard(step, result.first);
    await this.#follow(row, step, { seq: result.first, atOnce: deed.atOnce === true });
    return { kind: 'done', row: { ...step.row, id: row.id, version: result.first } };
  }

  #append({ motion, entry, write }: Transition, besides: readonly Beside[]): Promise<AppendResult> {
    const { store, driver } = this.#options;
    if (endsRun(entry) && motion.fork !== undefined) return driver.close(motion, entry, besides);
    return store.append({ writes: [write, ...besides] });
  }

  /** The end of what the run has proposed, where it goes on, or ends, without an answer. */
  async #withdrawal(
    { motion, entry }: Transition,
    { isBlind = false }: Deed,
  ): Promise<readonly Beside[]> {
    const stays = entry.type === 'run.paused' || entry.type === 'run.resumed';
    // Of a run whose flow is lost, only its proposal's row says whether somebody is asked.
    if (stays || (!isBlind && !isOpen(motion.approval))) return [];
    const said = 'decision' in entry && entry.decision ? entry.decision : (entry as Decision);
    const why = { ...attributionOf(said), reason: WITHDRAWN };
    return this.#options.gatekeeper.withdrawal(motion, why);
  }

  /** The run's open dead letter, where the record is a person's answer to it. */
  async #letterOf(row: RunRow, entry: JournalEvent): Promise<LetterClosing | undefined> {
    const { store } = this.#options;
    if (entry.type !== 'run.retried' && !('decision' in entry)) return undefined;
    const history = await store.readStream(row.id);
    const failure = history.findLast(({ type }) => LETTERED.has(type));
    const letter = failure === undefined ? undefined : await store.letter(failure.seq);
    return letter?.state === 'open' ? { letter: letter.id, state: 'retried' } : undefined;
  }

  async #closed(closes: LetterClosing | undefined): Promise<Refusal | undefined> {
    const letter = closes && (await this.#options.store.letter(closes.letter));
    if (letter === undefined || letter.state === 'open') return undefined;
    const message = `Dead letter ${this.#shown(letter.id)} is ${letter.state} already.`;
    return refuse('dead_letter.closed', message);
  }

  /** What a deed means for those who count and work, and for the runs that this one opened. */
  async #follow(
    before: RunRow,
    { row, entry, motion }: Transition,
    { seq, atOnce }: { readonly seq: number; readonly atOnce: boolean },
  ): Promise<void> {
    const { driver, moved } = this.#options;
    const { id, state } = before;
    const isHeld = before.ended === null && driver.holds(id);
    moved(id, row, state === 'running' || isHeld ? 'running' : openState(before));
    switch (entry.type) {
      case 'run.cancelled': {
        driver.interrupt(id, atOnce);
        if (isAbandoning(motion, before)) return;
        const why = { ...attributionOf(entry), reason: 'its run was cancelled', atOnce };
        return this.#branches(id, seq, (run) => this.cancel(run, why));
      }
      case 'run.compensating': {
        driver.interrupt(id, atOnce);
        const stood = motion.saga?.list.some(
          ({ at, undo }) => at === before.at && undo.kind === 'pending',
        );
        if (stood === true) return interruptBranches(this.#options, id, atOnce);
        if (isAbandoning(motion, before)) return;
        const why = { by: 'signalbox', reason: 'its run is undone', atOnce };
        return this.#branches(id, seq, (run) => this.cancel(run, why));
      }
      case 'run.retried': {
        const why = { ...attributionOf(entry), reason: 'its run was retried' };
        return this.#branches(id, seq, (run) => this.cancel(run, why));
      }
      case 'run.paused':
        return this.#branches(id, seq, (run) => this.pause(run, entry));
      case 'run.resumed':
        return this.#branches(id, seq, (run) => this.resume(run, entry));
      default:
        return undefined;
    }
  }

  /** Does the same to the open runs that a run waited for before its record at `seq`. */
  async #branches(
    parent: number,
    seq: number,
    deed: (run: number) => Promise<unknown>,
  ): Promise<void> {
    for (let after = 0; ;) {
      const rows = await this.#options.store.branches({ parent, after, limit: PAGE });
      for (const { id, fork, ended } of rows) {
        if (ended === null && fork !== null && fork < seq) await deed(id);
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.id;
    }
  }

  /** A run has left its worker's hands otherwise than by the pause that was to come. */
  async #pauseAtRest(run: number, decision: Decision): Promise<void> {
    try {
      await this.pause(run, decision);
    } catch (error) {
      const fields = { run: this.#shown(run), error: messageOf(error) };
      this.#options.logger.error('a run could not be paused', fields);
    }
  }

  #unknown(run: number): Refusal {
    return refuse('run.unknown', `There is no run ${this.#shown(run)}.`);
  }

  #shown(seq: number): string {
    return idOf(this.#options.store.identity, seq);
  }
}

/** Records of runs that may be dead letters. */
const LETTERED: ReadonlySet<string> = new Set(['run.failed', 'run.stuck', 'step.unknown']);

/** Whether the run that it called goes on without it. */
function isAbandoning({ flow }: Motion, { at }: RunRow): boolean {
  const { fork } = stepAt(flow, at) ?? {};
  return fork?.kind === 'call' && fork.close === 'abandon';
}

function openState({ state }: RunRow): OpenState | null {
  return OPEN_STATES.find((open) => open === state) ?? null;
}

const FULL = refuse('store.full', 'The disk is full, so nothing can be recorded; free some space.');
