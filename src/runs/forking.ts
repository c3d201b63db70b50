import type { CallFork, Flow, ForkStep } from '../flows/flow.ts';
import { eventScope } from '../flows/scope.ts';
import { render } from '../flows/template.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import { noRedaction } from '../std/redact.ts';
import type { AppendResult, EventWrite, Write } from '../store/contract.ts';
import { failure } from './attempt.ts';
import { laneOf } from './lane.ts';
import { itemsOf } from './branch-items.ts';
import { withoutAnswered } from './answer.ts';
import { compensate } from './compensate.ts';
import type { DriverOptions } from './driver-options.ts';
import type { Going } from './driver.ts';
import { escalations } from './escalation.ts';
import { endsRun, type JournalEvent, type StepForked } from './journal.ts';
import { type BranchOrigin, Motion } from './motion.ts';
import { begin, next } from './next.ts';
import { endingOf, OpenFork, undoEndingOf } from './open-fork.ts';
import { type Path, stepAt } from './position.ts';
import type { Beside, Recorder } from './recorder.ts';
import { redactedValue } from './redacted-result.ts';
import { report } from './report.ts';
import { complete, failed } from './settle.ts';
import type { StepError } from './step-kind.ts';
import { withinOf } from './story.ts';
import { type Birth, birth, took, type Transition, transition } from './transition.ts';
import { trustOf } from './trust.ts';

/** How deep runs may call one another: as long as a chain of causes may be. */
const CALLS_MAX = 32;

/** What came of a run that stood at a fork: a record to be written, or a run to drive. */
export type Forked =
  | { readonly record: JournalEvent; readonly besides?: readonly Beside[] }
  | { readonly going: Going | undefined };

/** What is written together when a run ends that a fork opened. */
interface End {
  /** Whether nobody is there to drive what is opened: it then asks for a slot. */
  readonly queued: boolean;
  /** The alarms that it raises. */
  readonly alarms: EventWrite[];
  readonly transitions: Transition[];
  readonly births: { readonly fork: OpenFork; readonly branch: number; readonly birth: Birth }[];
  /** What brings the forks back to where they were, if nothing is written after all. */
  readonly undo: (() => void)[];
}

/**
 * Opens forks and closes them: the fork and its first branches are one unit, and so are the end of
 * a branch and what it leads to, be it the next branch or the fork's own end.
 */
export class Forking {
  readonly #options: DriverOptions;
  readonly #recorder: Recorder;

  constructor(options: DriverOptions, recorder: Recorder) {
    this.#options = options;
    this.#recorder = recorder;
  }

  /** The run at `at` leaves its step to others. Its slot is the first branch's from then on. */
  async open(motion: Motion, step: ForkStep, at: Path): Promise<Forked> {
    const now = this.#options.time.now();
    const passing = motion.passing(step, now);
    const place = { ...motion.run, at };
    try {
      if (step.fork.kind === 'call') return await this.#call(motion, { step, call: step.fork, at });
      const items = itemsOf(step, step.fork, motion.scope(now));
      if (items.length === 0) return { record: complete(place, passing, []) };
      return { going: await this.#branch(motion, { step, at, items }) };
    } catch (error) {
      if (!(error instanceof SignalboxError)) throw error;
      return { record: failed(place, passing, failureOf(error)) };
    }
  }

  /** The run has ended that a fork opened: what that leads to is written with it. */
  async end(
    motion: Motion,
    entry: JournalEvent,
    emits: readonly Beside[],
  ): Promise<Going | undefined> {
    await this.#options.forks.findAll(motion);
    const end = newEnd(false);
    const isNoted = this.#plan(motion, entry, end);
    const result = await this.#write(end, emits);
    if (result.kind === 'duplicate') {
      const rest = await withoutAnswered(this.#options.store, emits, result.seq);
      if (rest !== undefined) {
        undo(end);
        return this.end(motion, entry, rest);
      }
    }
    if (result.kind !== 'appended') return this.#endAlone(motion, entry, emits, end);
    this.#recorder.tellOpened(emits, result.first);
    const id = await this.#took(end, result.first + emits.length, { driven: motion.id });
    if (!isNoted) return this.#catchUp(motion, entry);
    const [born] = end.births;
    if (born === undefined) return undefined;
    return this.#begin(born.fork, { id, branch: born.branch, birth: born.birth });
  }

  /**
   * Ends a run that a fork opened, and that nobody drives to that end: by a person's word. Written
   * as it stands now, with all that it leads to, or not at all.
   */
  async close(
    motion: Motion,
    entry: JournalEvent,
    besides: readonly Beside[],
  ): Promise<AppendResult> {
    const { forks, store } = this.#options;
    await forks.findAll(motion);
    const end = newEnd(true);
    // Somebody is writing another end of it at this moment: whose it is, the log will say.
    if (!this.#plan(motion, entry, end)) return { kind: 'stale' };
    const writes = [...writesOf(end), ...besides];
    const result = await store.append({ writes });
    if (result.kind !== 'appended') undo(end);
    else await this.#took(end, result.first, { untold: motion });
    return result;
  }

  /** A run is in our hands that stands at a fork and was woken: what is due there is done. */
  async again(motion: Motion, seq: number): Promise<undefined> {
    const { forks, time } = this.#options;
    const fork = await forks.hold(motion.id, seq);
    try {
      const end = newEnd(true);
      await this.#lead(fork, end);
      if (!fork.isWanted || fork.isHeld) return;
      if (end.transitions.length === 0) {
        const awake = wokenRecord(fork.parent);
        end.transitions.push(transition(fork.parent, awake, time.now()));
      }
      const result = await this.#write(end, []);
      if (result.kind !== 'appended') undo(end);
      else await this.#took(end, result.first, { driven: motion.id });
    } finally {
      forks.letGo(fork);
    }
  }

  /** What a fork leads to, where it was not written with the end of a branch. */
  async #lookAt(fork: OpenFork): Promise<void> {
    const end = newEnd(true);
    await this.#lead(fork, end);
    if (end.transitions.length + end.births.length === 0) return;
    const result = await this.#write(end, []);
    if (result.kind !== 'appended') undo(end);
    else await this.#took(end, result.first, {});
  }

  async #lead(fork: OpenFork, end: End): Promise<void> {
    await this.#options.forks.findAll(fork.parent);
    this.#follow(fork, end);
  }

  /**
   * All of it is durable from `first` on. Resolves with the seq of the first birth, which takes
   * over the slot of the run that was driven before that is given up. Of `untold` others tell.
   */
  async #took(
    end: End,
    first: number,
    { driven, untold }: { readonly driven?: number; readonly untold?: Motion },
  ): Promise<number> {
    const { logger, moved, forks } = this.#options;
    const ended = first + end.alarms.length;
    const born = ended + end.transitions.length;
    for (const [index, { birth: each }] of end.births.entries())
      moved(born + index, each.row, null);
    for (const [index, step] of end.transitions.entries()) {
      const stood = step.motion.forkedAt !== undefined;
      took(step, ended + index);
      if (stood) await forks.heard(step, ended + index);
      report(logger, step.motion, step.entry);
      const { id } = step.motion;
      if (step.motion !== untold) moved(id, step.row, id === driven ? 'running' : 'waiting');
    }
    return born;
  }

  async #branch(
    motion: Motion,
    { step, at, items }: { step: ForkStep; at: Path; items: readonly Json[] },
  ): Promise<Going | undefined> {
    const { time, forks, moved } = this.#options;
    const { fork } = step;
    const received = time.now();
    const count = items.length;
    const concurrency = fork.kind === 'each' ? Math.min(fork.concurrency, count) : count;
    const record = forkedRecord(motion, { at, step: step.id, count, concurrency });
    const entry = count > concurrency ? { ...record, items } : record;
    const open = new OpenFork({ parent: motion, step, seq: motion.version, record, items });
    const forked = transition(motion, entry, received);
    const births: Birth[] = [];
    while (open.mayOpen) births.push(this.#birth(open, open.take(), received, births.length > 0));
    const result = await this.#recorder.append({
      writes: [forked.write, ...births.map(({ write }) => write)],
    });
    if (result.kind !== 'appended') return undefined;
    took(forked, result.first);
    forks.adopt(open);
    for (const [index, { row }] of births.entries()) moved(result.first + 1 + index, row, null);
    moved(motion.id, forked.row, 'running');
    const [first] = births;
    if (first === undefined) return undefined;
    return this.#begin(open, { id: result.first + 1, branch: 0, birth: first });
  }

  #birth(fork: OpenFork, branch: number, received: number, queued: boolean): Birth {
    const { epoch } = this.#options.session;
    const started = fork.begin(branch, epoch, queued ? received : null);
    return birth(fork.parent, started, fork.parent.run.hops, received);
  }

  /** A branch that has its run's slot. */
  #begin(
    fork: OpenFork,
    { id, branch, birth: { row } }: { id: number; branch: number; birth: Birth },
  ): Going | undefined {
    const { session } = this.#options;
    const branchOf: BranchOrigin = fork.origin(branch, fork.item(branch));
    const motion = new Motion(id, row, { ...fork.parent.origin, branchOf });
    const step = stepAt(motion.flow, row.at);
    return step === undefined ? undefined : { motion, move: next(row, step, session) };
  }

  /**
   * All that a record leads to, up through the runs that end with it. False where the run's end is
   * being written already.
   */
  #plan(motion: Motion, entry: JournalEvent, end: End): boolean {
    const now = this.#options.time.now();
    end.alarms.push(...escalations(motion, entry, now));
    end.transitions.push(transition(motion, entry, now));
    const { fork } = motion;
    if (fork === undefined || !endsRun(entry)) return true;
    if (!this.#note(fork, motion, entry)) return false;
    end.undo.push(() => fork.unend(motion.run.branch ?? 0));
    this.#follow(fork, end);
    return true;
  }

  /** What is due at a fork as it stands: its next branches, or its end. */
  #follow(fork: OpenFork, end: End): void {
    const { time, session } = this.#options;
    if (!fork.isWanted || fork.isHeld) return;
    const received = time.now();
    if (fork.isOver) {
      const onwards = { due: received, epoch: session.epoch };
      const joined = fork.join(received, session.epoch);
      this.#plan(fork.parent, compensate(fork.parent, joined, onwards), end);
      return;
    }
    while (fork.mayOpen) {
      const branch = fork.take();
      const queued = end.queued || end.births.length > 0;
      end.births.push({ fork, branch, birth: this.#birth(fork, branch, received, queued) });
      end.undo.push(() => fork.untake(branch));
    }
  }

  /** Tells a fork how one of its runs has ended; false where it knows of an end already. */
  #note(fork: OpenFork, motion: Motion, entry: JournalEvent): boolean {
    const isParallel = fork.step.fork.kind === 'parallel';
    const within = isParallel ? withinOf(motion.storyAfter(entry), fork.step) : undefined;
    const ending = fork.isUndo ? undoEndingOf(entry) : endingOf(entry, within);
    return ending !== undefined && fork.end(motion.run.branch ?? 0, ending);
  }

  #write(end: End, emits: readonly Beside[]): Promise<AppendResult> {
    return this.#recorder.append({ writes: [...emits, ...writesOf(end)] });
  }

  /** What the end led to is not wanted as it was planned: the end is written by itself. */
  async #endAlone(
    motion: Motion,
    entry: JournalEvent,
    emits: readonly Beside[],
    end: End,
  ): Promise<undefined> {
    undo(end);
    const raised = escalations(motion, entry, this.#options.time.now());
    if (!(await this.#recorder.advance(motion, entry, [...emits, ...raised]))) return;
    report(this.#options.logger, motion, entry);
    await this.#catchUp(motion, entry);
  }

  /** A run has ended whose fork has not heard of that. */
  async #catchUp(motion: Motion, entry: JournalEvent): Promise<undefined> {
    const { fork } = motion;
    if (fork === undefined) return;
    this.#note(fork, motion, entry);
    await this.#lookAt(fork);
  }

  async #call(
    motion: Motion,
    { step, call, at }: { step: ForkStep; call: CallFork; at: Path },
  ): Promise<Forked> {
    const { findFlow, time, logger, moved } = this.#options;
    const { run } = motion;
    const flow = await findFlow(run.catalog, call.flow);
    const now = time.now();
    const known = this.#options.secrets?.known ?? noRedaction;
    const data = redactedValue(render(call.data, motion.scope(now)), known);
    const passing = motion.passing(step, now);
    if (flow === undefined) {
      const message = `There is no flow "${call.flow}" in the catalog of this run.`;
      return { record: failed({ ...run, at }, passing, failure('call.unknown', message).error) };
    }
    if (run.hops >= CALLS_MAX) {
      const message = `The chain of causes is ${run.hops} long, which is taken for a loop.`;
      return { record: failed({ ...run, at }, passing, failure('call.too_deep', message).error) };
    }
    const opened = this.#opened(motion, { call, flow, data });
    if (call.detach) {
      return { record: complete({ ...run, at }, passing, null), besides: [opened.write] };
    }
    const entry = forkedRecord(motion, { at, step: step.id, count: 1, concurrency: 1 });
    const forked = transition(motion, entry, now);
    const result = await this.#recorder.append({ writes: [forked.write, opened.write] });
    if (result.kind !== 'appended') return { going: undefined };
    took(forked, result.first);
    report(logger, motion, entry);
    moved(result.first + 1, opened.row, null);
    moved(motion.id, forked.row, 'running');
    return { going: undefined };
  }

  /** The run that a call opens. */
  #opened(
    motion: Motion,
    { call, flow, data }: { readonly call: CallFork; readonly flow: Flow; readonly data: Json },
  ): Birth {
    const { time, session } = this.#options;
    const { run, id, version, event } = motion;
    const received = time.now();
    const origin = {
      catalog: run.catalog,
      event: run.event,
      epoch: session.epoch,
      lane: laneOf(flow, () => eventScope({ ...event, type: 'flow.called', data })),
      parent: id,
      ...(call.detach ? {} : { fork: version }),
      data,
      ...(trustOf(motion) === 'untrusted' && { trust: 'untrusted' as const }),
    };
    return birth(motion, begin(flow, origin, received), run.hops + 1, received);
  }
}

function newEnd(queued: boolean): End {
  return { queued, alarms: [], transitions: [], births: [], undo: [] };
}

function writesOf({ alarms, transitions, births }: End): Write[] {
  const opened = births.map(({ birth: born }) => born.write);
  return [...alarms, ...transitions.map(({ write }) => write), ...opened];
}

function undo(end: End): void {
  for (const back of end.undo.toReversed()) back();
}

/** A run that was woken at its fork waits on there. */
function wokenRecord({ run, deadline }: Motion): JournalEvent {
  const due = deadline === Number.POSITIVE_INFINITY ? null : deadline;
  const said = { by: 'signalbox', reason: 'its branches are under way' };
  return { type: 'run.resumed', at: run.at, state: 'waiting', due, because: null, ...said };
}

function forkedRecord(
  { deadline }: Motion,
  fork: Pick<StepForked, 'at' | 'step' | 'count' | 'concurrency'>,
): StepForked {
  const due = deadline === Number.POSITIVE_INFINITY ? null : deadline;
  return { type: 'step.forked', ...fork, due };
}

function failureOf(error: SignalboxError): StepError {
  return failure(error.code, messageOf(error)).error;
}
