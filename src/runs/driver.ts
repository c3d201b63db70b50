import type { ActionStep, Step } from '../flows/flow.ts';
import type { AppendResult } from '../store/contract.ts';
import { Attempts } from './attempt.ts';
import type { DriverOptions } from './driver-options.ts';
import { emissions } from './emission.ts';
import { Forking } from './forking.ts';
import type { Gatekeeper, Passage } from './gatekeeper.ts';
import { escalations } from './escalation.ts';
import { compensate } from './compensate.ts';
import { bounded } from './history-limit.ts';
import { type Decision, endsRun, type JournalEvent } from './journal.ts';
import { isOpen, type Motion } from './motion.ts';
import { firstCall, isAction, type Move, next } from './next.ts';
import type { OpenFork } from './open-fork.ts';
import { pauseOf } from './pause-requests.ts';
import { arrive, isUndoing, stepAt } from './position.ts';
import { type Beside, Recorder } from './recorder.ts';
import { report } from './report.ts';
import { endOf, overdue, partsOf } from './run-end.ts';
import { UndoForking } from './undo-forking.ts';
import { tellToolStarted, toolEnded } from './tool-events.ts';
import { type Called, complete, fail, isFinal, saysNo, settle, unknown } from './settle.ts';
import { StepCaller } from './step-caller.ts';
import { Suspensions } from './suspensions.ts';
import type { StepResult } from './step-kind.ts';
import { crowded, newestSeq, wake } from './waking.ts';

/** Who has said that a run is to rest, and who hears where it did not come to that. */
interface Pausing {
  readonly decision: Decision;
  readonly left: () => void;
}

/** A step that nobody is asked about. */
const FREE: Passage = { kind: 'go' };

/** A run in somebody's hands, and what it does next. */
export interface Going {
  readonly motion: Motion;
  readonly move: Move;
}

/**
 * Drives one run from move to move for as long as there is something to do at once: records the
 * intent where one is due, calls the step, settles the result, records it. Where the run leaves its
 * step to branches, the first of them is driven in its place.
 */
export class Driver {
  readonly #options: DriverOptions;
  readonly #attempts: Attempts;
  readonly #caller: StepCaller;
  readonly #recorder: Recorder;
  readonly #forking: Forking;
  readonly #gatekeeper: Gatekeeper;
  readonly #undoForking: UndoForking;
  /** The runs in this driver's hands, each as who works for it last took it up. */
  readonly #held = new Map<number, Motion>();
  readonly #suspensions = new Suspensions();
  /** Those of them that are to rest after the step that is under way. */
  readonly #pausing = new Map<number, Pausing>();

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#attempts = new Attempts(options.clock, options.secrets?.known);
    this.#recorder = new Recorder(options);
    this.#caller = new StepCaller(options, { attempts: this.#attempts, recorder: this.#recorder });
    this.#gatekeeper = options.gatekeeper;
    this.#forking = new Forking(options, this.#recorder);
    this.#undoForking = new UndoForking(options, { recorder: this.#recorder, driver: this });
  }

  /** Tells steps under way to end; what they did not finish is left to the next session. */
  stop(): void {
    this.#recorder.stop();
    this.#attempts.stop();
  }

  /** Tells the step of a run to end that is under way here; `atOnce` kills its command. */
  interrupt(run: number, atOnce: boolean): void {
    this.#attempts.pull(run, atOnce);
  }

  /** Stops the runs of a flow, or all, where they are; tells how many steps were told to end. */
  suspend(flow: string | null, by: string): number {
    this.#suspensions.begin(flow, by);
    const told = [...this.#held.values()].filter((motion) =>
      this.#suspensions.stops(motion, stepAt(motion.flow, motion.run.at)),
    );
    for (const { id } of told) this.#attempts.pull(id);
    return told.length;
  }

  /** Lets them go on that asked for a slot again. */
  unsuspend(flow: string | null): void {
    this.#suspensions.end(flow);
  }

  /** Whether the run is in this driver's hands. */
  holds(run: number): boolean {
    return this.#held.has(run);
  }

  /**
   * Holds a run in this driver's hands as soon as the step under way is over. Where it leaves these
   * hands otherwise, `left` is called. False where they do not hold it.
   */
  pause(run: number, decision: Decision, left: () => void): boolean {
    if (!this.#held.has(run)) return false;
    this.#pausing.set(run, { decision, left });
    return true;
  }

  /** Whether a `pause` has not come about yet. */
  isPausing(run: number): boolean {
    return this.#pausing.has(run);
  }

  /** Takes back a `pause` that has not come about yet; false where there is none. */
  unpause(run: number): boolean {
    return this.#pausing.delete(run);
  }

  /** Ends a run that a fork opened, as a person says, with all that this leads to. */
  close(motion: Motion, entry: JournalEvent, besides: readonly Beside[]): Promise<AppendResult> {
    return this.#forking.close(motion, entry, besides);
  }

  /** Whether a death of the daemon may be laid at the step's door. */
  mayKill(step: Step): boolean {
    return this.#options.kinds.get(step.kind)?.contained !== true;
  }

  /**
   * Resolves when the run rests, has ended, or belongs to somebody else by now. What it holds of
   * forks is let go then.
   */
  async drive(motion: Motion, first: Move): Promise<void> {
    const { forks, left } = this.#options;
    const held = new Set<OpenFork>(motion.fork === undefined ? [] : [motion.fork]);
    let going: Going | undefined = { motion, move: first };
    let last = motion;
    try {
      while (going !== undefined && !this.#attempts.stopped) {
        const { fork } = going.motion;
        if (fork !== undefined && !held.has(fork)) {
          held.add(fork);
          forks.keep(fork);
        }
        this.#held.set(going.motion.id, going.motion);
        const here: Motion = going.motion;
        last = here;
        going = await this.#go(going);
        if (going !== undefined && going.motion !== here) this.#letGo(here);
      }
    } finally {
      const { motion: inHand } = going ?? { motion: last };
      if (this.#letGo(inHand) && inHand.run.state === 'running') left(inHand);
      for (const fork of held) forks.letGo(fork);
    }
  }

  /** False where somebody has taken the run up anew meanwhile, whose it then is. */
  #letGo(motion: Motion): boolean {
    const run = motion.id;
    if (this.#held.get(run) !== motion) return false;
    this.#held.delete(run);
    const pausing = this.#pausing.get(run);
    this.#pausing.delete(run);
    pausing?.left();
    return true;
  }

  async #go({ motion, move }: Going): Promise<Going | undefined> {
    const step = stepAt(motion.flow, motion.run.at);
    if (step === undefined) return undefined;
    if (move.kind !== 'rest') {
      const over = overdue(motion, step, this.#options.time.now());
      if (over !== undefined) return this.#proceed(motion, over, await this.#withdrawal(motion));
    }
    let record = 'record' in move ? move.record : undefined;
    if (move.kind === 'call' && isAction(step) && motion.approval?.hash === undefined) {
      // It may have been called already: that stays told, whatever is answered now.
      if (record && motion.run.attempt > 0 && this.#gatekeeper.isJudged(motion, step)) {
        if (!(await this.#recorder.advance(motion, record))) return undefined;
        record = undefined;
      }
      // Nothing is begun that somebody is still to be asked about.
      const stopped = await this.#stopped(motion, step);
      if (stopped !== undefined) return stopped.going;
    }
    const parked = this.#suspensions.before(motion, step, { move, now: this.#options.time.now() });
    if (parked !== undefined) return this.#proceed(motion, parked);
    if (record !== undefined && move.kind === 'rest') return this.#proceed(motion, record);
    if (record !== undefined && !(await this.#recorder.advance(motion, record))) return undefined;
    return this.#make(move, motion, step);
  }

  /** What comes of a step that may not be called now; undefined where it may. */
  async #stopped(
    motion: Motion,
    step: ActionStep,
  ): Promise<{ readonly going: Going | undefined } | undefined> {
    if (!this.#gatekeeper.isJudged(motion, step)) return undefined;
    const passage = await this.#gatekeeper.check(motion, step);
    if (passage.kind === 'go') return undefined;
    return { going: await this.#heldBack(motion, step, passage) };
  }

  async #heldBack(
    motion: Motion,
    step: ActionStep,
    passage: Exclude<Passage, { kind: 'go' }>,
  ): Promise<Going | undefined> {
    switch (passage.kind) {
      case 'approved': {
        const isOurs = await this.#recorder.advance(motion, passage.entry, passage.besides);
        return isOurs ? { motion, move: { kind: 'call' } } : undefined;
      }
      case 'stop':
        return this.#proceed(motion, passage.entry, passage.besides);
      case 'fail': {
        const instant = { now: this.#options.time.now(), random: this.#options.random };
        const record = settle(motion.run, this.#called(motion, step), passage.result, instant);
        return this.#proceed(motion, record);
      }
    }
  }

  /** What the run has proposed needs no answer any more: its time is over. */
  async #withdrawal(motion: Motion): Promise<readonly Beside[]> {
    if (!isOpen(motion.approval)) return [];
    const reason = 'the run does not wait for it any more';
    return this.#gatekeeper.withdrawal(motion, { by: 'signalbox', reason });
  }

  /** Makes a move that is on record, and says what comes after it. */
  #make(move: Move, motion: Motion, step: Step): Promise<Going | undefined> | Going | undefined {
    if (motion.forkedAt !== undefined) return this.#forking.again(motion, motion.forkedAt);
    if (move.kind === 'arrive' || step.choice !== undefined) return this.#arrive(motion, step);
    if (!isAction(step)) return this.#fork(motion, step, motion.run.at);
    switch (move.kind) {
      case 'call':
        return this.#call(motion, step);
      case 'verify':
        return this.#verify(motion, step);
      case 'complete':
        return this.#wake(motion, step);
      default:
        return undefined;
    }
  }

  /** Finds the step that conditions lead to and begins it; where there is none, the run ends. */
  async #arrive(motion: Motion, from: Step): Promise<Going | undefined> {
    const { session, time } = this.#options;
    const { flow, run } = motion;
    const now = time.now();
    if (isUndoing(run.at) && from.fork !== undefined) return this.#fork(motion, from, run.at);
    const arrival = arrive(flow, run.at, motion.scope(now));
    const at = arrival.kind === 'end' ? run.at : arrival.at;
    const step = stepAt(flow, at) ?? from;
    if (arrival.kind === 'lost') {
      const error = {
        code: 'expression.failed',
        message: arrival.message,
        happened: 'no',
      } as const;
      return this.#proceed(
        motion,
        fail({ ...run, at, attempt: 0 }, motion.passing(step, now), error),
      );
    }
    if (arrival.kind === 'end') return this.#proceed(motion, endOf(motion, step, now));
    if (!isAction(step)) return this.#fork(motion, step, at);
    const isAsked = step.gate !== undefined;
    const begun = { at, step: step.id, attempt: isAsked ? 0 : 1, crashes: run.crashes } as const;
    const { epoch } = session;
    const record = { type: 'step.started', ...begun, epoch } as const;
    if (!(await this.#recorder.advance(motion, record))) return undefined;
    return { motion, move: isAsked ? firstCall(motion.run, step, session) : { kind: 'call' } };
  }

  async #fork(motion: Motion, step: Step, at: string): Promise<Going | undefined> {
    if (step.fork === undefined) return undefined;
    const outcome = isUndoing(at)
      ? await this.#undoForking.open(motion, step)
      : await this.#forking.open(motion, step, at);
    return 'record' in outcome
      ? this.#proceed(motion, outcome.record, outcome.besides)
      : outcome.going;
  }

  async #call(motion: Motion, step: ActionStep): Promise<Going | undefined> {
    const { time, waits } = this.#options;
    if (isUndoing(motion.run.at)) await this.#attempts.quiet(partsOf(motion, this.#held));
    const passage = this.#gatekeeper.isJudged(motion, step)
      ? await this.#gatekeeper.check(motion, step)
      : FREE;
    // What was approved is looked at once more: it may have changed since it was begun.
    if (passage.kind !== 'go') return this.#heldBack(motion, step, passage);
    if (!isUndoing(motion.run.at)) {
      await tellToolStarted(motion, this.#options.time.now(), this.#recorder);
    }
    const { input, asOf } = passage;
    const called = await this.#caller.call(motion, step, { tree: input ?? step.input, asOf });
    if (this.#attempts.stopped && !isFinal(called)) return undefined;
    const again = this.#suspensions.after(motion, step, called, time.now());
    if (again !== undefined) return this.#proceed(motion, again);
    const isCrowded = called.kind === 'await' && waits?.isFull === true;
    return this.#settle(motion, step, isCrowded ? crowded(time.now()) : called);
  }

  #settle(motion: Motion, step: ActionStep, called: StepResult): Promise<Going | undefined> {
    const { time, random } = this.#options;
    const { result, emits } = emissions(motion, called, time.now());
    const instant = { now: time.now(), random };
    const record = settle(motion.run, this.#called(motion, step), result, instant);
    return this.#proceed(motion, record, emits);
  }

  #called(motion: Motion, step: ActionStep): Called {
    return motion.passing(step, this.#options.time.now());
  }

  /** The rest is over: where the step is done, the run is this session's from here on. */
  async #wake(motion: Motion, step: ActionStep): Promise<Going | undefined> {
    const { session, store, time, waits } = this.#options;
    const { epoch } = session;
    const woken = await wake(motion, step, { store, now: time.now() });
    if (woken.kind === 'again') return this.#proceed(motion, woken.record);
    if (woken.kind === 'done') {
      const { output } = woken;
      return this.#proceed(
        motion,
        complete(motion.run, this.#called(motion, step), output, { epoch }),
      );
    }
    // An event that is here already is not too late, however late it is shown.
    const isShown = !woken.isOver || ((await waits?.caughtUp(await newestSeq(store))) ?? true);
    if (!isShown || this.#attempts.stopped) return undefined;
    const { at, attempt, crashes } = motion.run;
    const record = { type: 'step.started', at, step: step.id, attempt, epoch, crashes } as const;
    if (!(await this.#recorder.advance(motion, record))) return undefined;
    return this.#settle(motion, step, woken.result);
  }

  /**
   * What the target says decides: done, not done and so to be called, or no answer and a person's.
   */
  async #verify(motion: Motion, step: ActionStep): Promise<Going | undefined> {
    let asked = false;
    const begins = (): void => {
      asked = true;
    };
    const answer = await this.#caller.call(motion, step, { tree: step.verify ?? null, begins });
    if (this.#attempts.stopped) return undefined;
    if (answer.kind === 'done') {
      return this.#proceed(motion, complete(motion.run, this.#called(motion, step), answer.output));
    }
    // Only a target that was asked and answered can say no; one that could not be reached has not.
    if (asked && 'error' in answer && saysNo(answer.error)) {
      return { motion, move: { kind: 'call' } };
    }
    const message = `Step "${step.id}" may have happened, and its target gave no clear answer.`;
    const error = { code: 'step.unknown', message, happened: 'maybe' } as const;
    return this.#proceed(motion, unknown(motion.run, step, error));
  }

  /** Records the transition and says what comes after it. */
  async #proceed(
    motion: Motion,
    record: JournalEvent,
    besides: readonly Beside[] = [],
  ): Promise<Going | undefined> {
    const { epoch } = this.#options.session;
    const entry = compensate(motion, bounded(motion, record), { epoch });
    if (endsRun(entry) && motion.run.fork !== null) {
      return this.#forking.end(motion, entry, besides);
    }
    const received = this.#options.time.now();
    const told = [...escalations(motion, entry, received), ...toolEnded(motion, entry, received)];
    const all = [...besides, ...told];
    if (!(await this.#recorder.advance(motion, entry, all))) return undefined;
    report(this.#options.logger, motion, entry);
    if (!('next' in entry)) return undefined;
    const pausing = this.#pausing.get(motion.id);
    if (pausing !== undefined) {
      this.#pausing.delete(motion.id);
      const rest = pauseOf(motion, pausing.decision, this.#options.time.now());
      if (!(await this.#recorder.advance(motion, rest))) pausing.left();
      return undefined;
    }
    const following = stepAt(motion.flow, motion.run.at);
    if (following === undefined) return undefined;
    return { motion, move: next(motion.run, following, this.#options.session) };
  }
}
