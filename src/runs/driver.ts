import type { ActionStep, Step } from '../flows/flow.ts';
import { render, type TemplateTree } from '../flows/template.ts';
import type { Clock } from '../std/clock.ts';
import type { Logger } from '../std/logger.ts';
import type { Random } from '../std/random.ts';
import type { AppendResult, EventWrite, Store, Unit } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { appendLater } from '../store/patience.ts';
import { ownRecord } from '../store/record.ts';
import { Attempts, failure, type Leash } from './attempt.ts';
import { DrivenContext } from './driven-context.ts';
import { emissions } from './emission.ts';
import { evolve } from './evolve.ts';
import { encodeJournal, type JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';
import { type Move, next, type Session } from './next.ts';
import { arrive, stepAt } from './position.ts';
import { type Called, complete, settle, unknown } from './settle.ts';
import type { StepContext, StepError, StepKind, StepResult } from './step-kind.ts';

export interface DriverOptions {
  readonly store: Store;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly session: Session;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The folder that a step's paths are relative to. */
  readonly directory: string;
}

/**
 * Drives one run from move to move for as long as there is something to do at once: records the
 * intent where one is due, calls the step, settles the result, records it.
 */
export class Driver {
  readonly #options: DriverOptions;
  readonly #attempts: Attempts;
  readonly #stopping = new AbortController();

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#attempts = new Attempts(options.clock);
  }

  /** Tells steps under way to end; what they did not finish is left to the next session. */
  stop(): void {
    this.#stopping.abort();
    this.#attempts.stop();
  }

  /** Whether a death of the daemon may be laid at the step's door. */
  mayKill(step: Step): boolean {
    return this.#options.kinds.get(step.kind)?.contained !== true;
  }

  /** Resolves when the run rests, has ended, or belongs to somebody else by now. */
  async drive(motion: Motion, first: Move): Promise<void> {
    let move: Move | undefined = first;
    while (move !== undefined && !this.#attempts.stopped) {
      const step = stepAt(motion.flow, motion.run.at);
      if (step === undefined) return;
      const record = 'record' in move ? move.record : undefined;
      if (record !== undefined && !(await this.#record(motion, record))) return;
      move = await this.#make(move, motion, step);
    }
  }

  /** Makes a move that is on record, and says what comes after it. */
  #make(move: Move, motion: Motion, step: Step): Promise<Move | undefined> | undefined {
    if (move.kind === 'rest') {
      this.#report(motion, move.record);
      return undefined;
    }
    if (move.kind === 'arrive' || step.choice !== undefined) return this.#arrive(motion);
    switch (move.kind) {
      case 'call':
        return this.#call(motion, step);
      case 'verify':
        return this.#verify(motion, step);
      case 'complete':
        return this.#proceed(motion, this.#resumed(motion, step));
    }
  }

  /** Finds the step that conditions lead to and begins it; where there is none, the run ends. */
  async #arrive(motion: Motion): Promise<Move | undefined> {
    const { session, time } = this.#options;
    const { flow, run } = motion;
    const arrival = arrive(flow, run.at, motion.scope(time.now()));
    const at = arrival.kind === 'end' ? run.at : arrival.at;
    const step = stepAt(flow, at)?.id ?? at;
    if (arrival.kind === 'step') {
      const begun = { at, step, attempt: 1, epoch: session.epoch, crashes: run.crashes } as const;
      const recorded = await this.#record(motion, { type: 'step.started', ...begun });
      return recorded ? { kind: 'call' } : undefined;
    }
    if (arrival.kind === 'end') return this.#proceed(motion, endOf(motion, { at, step }));
    const error = { code: 'expression.failed', message: arrival.message, happened: 'no' } as const;
    return this.#proceed(motion, { type: 'run.failed', at, step, attempt: 0, error });
  }

  async #call(motion: Motion, step: ActionStep): Promise<Move | undefined> {
    const { time, random } = this.#options;
    const called = await this.#execute(motion, step, step.input);
    if (this.#attempts.stopped && !isFinal(called)) return undefined;
    const { result, emits } = emissions(motion, called, time.now());
    const instant = { now: time.now(), random };
    const record = settle(motion.run, this.#called(motion, step), result, instant);
    return this.#proceed(motion, record, emits);
  }

  #called(motion: Motion, step: ActionStep): Called {
    return {
      flow: motion.flow,
      step,
      since: motion.since,
      scopeAfter: (passed) => motion.scopeAfter(step, passed, this.#options.time.now()),
    };
  }

  /** The wait is over: the step is done, and the run is this session's from here on. */
  #resumed(motion: Motion, step: ActionStep): JournalEvent {
    const record = complete(motion.run, this.#called(motion, step), null);
    const { epoch } = this.#options.session;
    return record.type === 'step.completed' ? { ...record, epoch } : record;
  }

  /**
   * What the target says decides: done, not done and so to be called, or no answer and a person's.
   */
  async #verify(motion: Motion, step: ActionStep): Promise<Move | undefined> {
    let asked = false;
    const answer = await this.#execute(motion, step, step.verify ?? null, () => {
      asked = true;
    });
    if (this.#attempts.stopped) return undefined;
    if (answer.kind === 'done') {
      return this.#proceed(motion, complete(motion.run, this.#called(motion, step), answer.output));
    }
    // Only a target that was asked and answered can say no; one that could not be reached has not.
    if (asked && 'error' in answer && saysNo(answer.error)) return { kind: 'call' };
    const message = `Step "${step.id}" may have happened, and its target gave no clear answer.`;
    const error = { code: 'step.unknown', message, happened: 'maybe' } as const;
    return this.#proceed(motion, unknown(motion.run, step, error));
  }

  /** The result of one attempt. `begins` hears when the step's kind is asked for it at all. */
  #execute(
    motion: Motion,
    step: ActionStep,
    tree: TemplateTree,
    begins?: () => void,
  ): Promise<StepResult> | StepResult {
    const kind = this.#options.kinds.get(step.kind);
    if (kind === undefined) {
      return failure('step.kind_unknown', `This daemon has no step kind "${step.kind}".`);
    }
    return this.#attempts.call(kind, step, this.#limit(step, motion), (leash) => {
      const context = this.#context(motion, step, { tree, leash });
      begins?.();
      return context;
    });
  }

  /** How long the attempt may take: the rest of the step's whole time where that is less. */
  #limit({ timeoutMs, totalMs }: ActionStep, { since }: Motion): number {
    if (totalMs === undefined) return timeoutMs;
    return Math.min(timeoutMs, Math.max(1, since + totalMs - this.#options.time.now()));
  }

  #context(
    motion: Motion,
    step: ActionStep,
    { tree, leash }: { readonly tree: TemplateTree; readonly leash: Leash },
  ): StepContext {
    const { store, time, directory } = this.#options;
    const now = time.now();
    return new DrivenContext({
      motion,
      leash,
      step: step.id,
      input: render(tree, motion.scope(now)),
      epoch: `${store.identity.incarnation}.${motion.run.epoch}`,
      directory,
      now,
    });
  }

  /** Records the transition and says what comes after it. */
  async #proceed(
    motion: Motion,
    record: JournalEvent,
    emits: readonly EventWrite[] = [],
  ): Promise<Move | undefined> {
    if (!(await this.#record(motion, record, emits))) return undefined;
    this.#report(motion, record);
    if (record.type !== 'step.completed' && record.type !== 'step.failed') return undefined;
    const following = stepAt(motion.flow, motion.run.at);
    return following === undefined ? undefined : next(motion.run, following, this.#options.session);
  }

  /** False where the run is no longer ours, or the daemon stops on a full disk. */
  async #record(
    motion: Motion,
    event: JournalEvent,
    emits: readonly EventWrite[] = [],
  ): Promise<boolean> {
    const { store, time, logger } = this.#options;
    const received = time.now();
    const row = evolve(motion.run, event, received);
    const cause = { correlation: row.correlation, causation: motion.id, hops: row.hops };
    const expected = { expectedVersion: motion.version, expectedEpoch: motion.run.epoch };
    const record = ownRecord(event.type, encodeJournal(event), received, cause);
    const unit = {
      writes: [...emits, { kind: 'advance', run: motion.id, ...expected, record, row } as const],
    };
    let result = await store.append(unit);
    if (result.kind === 'full') result = await this.#waitForSpace(unit);
    if (result.kind !== 'appended') {
      logger.warn('a late result was not recorded', { run: motion.shownId, because: result.kind });
      return false;
    }
    motion.moved(event, row, result.first + emits.length, received);
    return true;
  }

  #waitForSpace(unit: Unit): Promise<AppendResult> {
    const { store, time, clock } = this.#options;
    return appendLater(store, unit, { clock, time, signal: this.#stopping.signal });
  }

  #report(motion: Motion, record: JournalEvent): void {
    const { logger } = this.#options;
    const fields = { run: motion.shownId, flow: motion.flow.name };
    if (record.type === 'step.completed') {
      logger.info('step completed', { ...fields, step: record.step });
    } else if (record.type === 'run.succeeded') logger.info('run succeeded', fields);
    else if (record.type === 'run.noop') logger.info('run had nothing to do', fields);
    if (!('error' in record)) return;
    const failed = { ...fields, step: record.step, error: record.error.message };
    if (record.type === 'run.failed') logger.error('run failed', failed);
    else if (record.type === 'step.retrying') logger.warn('step failed, to be tried again', failed);
    else if (record.type !== 'step.unknown') logger.warn('step failed, the run goes on', failed);
    else logger.error('step may have happened, waits for a person', failed);
  }
}

/** Whether a step has ended by itself, and not because the daemon stops. */
function isFinal({ kind }: StepResult): boolean {
  return kind === 'done' || kind === 'noop';
}

/** A run that comes to its end by conditions: it had nothing to do, or it did all there was. */
function endOf(
  motion: Motion,
  place: { readonly at: string; readonly step: string },
): JournalEvent {
  const { output, hasMoved } = motion;
  if (!hasMoved) return { type: 'run.noop', ...place };
  return { type: 'run.succeeded', ...place, output, skipped: true };
}

function saysNo({ answered, happened }: StepError): boolean {
  return answered === true && happened === 'no';
}
