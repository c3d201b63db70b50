import type { Event } from '../events/event.ts';
import type { Flow, Step } from '../flows/flow.ts';
import { isUndoId } from '../flows/saga.ts';
import { eventScope, type Scope } from '../flows/scope.ts';
import type { Json } from '../std/json.ts';
import { formatTraceparent } from '../std/trace-context.ts';
import type { LogIdentity, LogRecord } from '../store/contract.ts';
import { idOf, traceparentOf } from '../store/record.ts';
import type { Run } from './evolve.ts';
import { decodeJournal, type Intent, type JournalEvent, startsAnew } from './journal.ts';
import type { OpenFork } from './open-fork.ts';
import { seenEvent } from './named-start.ts';
import { isAction } from './next.ts';
import { isUndoing, stepAt, stepsFrom, undoPath } from './position.ts';
import { runTrace, stepTrace } from './run-trace.ts';
import { afterRecord, begunSaga, type Registered, type Saga, undoAt } from './saga.ts';
import {
  type Called,
  deadlineOf,
  type Failed,
  type Failure,
  type Passed,
  type Passing,
} from './settle.ts';
import { NO_STORY, type Story, told, withFailure, withStep } from './story.ts';
import { inputOf, undoScope } from './undo-scope.ts';
import { plus, type Usage } from './usage.ts';
import { type Wait, Waits } from './waits.ts';

/** What a decision needs beside the step: when it began, and when the run's time is over. */
type Own = 'since' | 'deadline' | 'heard';
type Of<S> = { readonly step: S };

/** Where a run comes from: what does not change while it moves. */
export interface Origin {
  readonly flow: Flow;
  readonly event: LogRecord;
  readonly identity: LogIdentity;
  /** For the run of a window: the events that were gathered in it. */
  readonly members?: readonly LogRecord[] | undefined;
  /** For a branch: the run that it is a part of. */
  readonly branchOf?: BranchOrigin | undefined;
  /** What stands in the run's event in place of its data: of a call, or as hooks amended it. */
  readonly data?: Json | undefined;
}

/** What a branch has from the run that forked. */
export interface BranchOrigin {
  readonly fork: OpenFork;
  /** The run's story as the branch begins with it. */
  readonly story: Story;
  /** Its step's key and its own place in it: `RUN/STEP[INDEX]`. */
  readonly key: string;
}

/** What a run has been asked about at the step at which it stands, or may do there. */
export interface Approval {
  /** `undefined` as long as nobody has said yes. */
  readonly hash: string | undefined;
  /** What the step is given in place of what was proposed. */
  readonly input?: Json | undefined;
  /** What `now` is in the step's templates. */
  readonly asOf: number;
}

/** Whether somebody is asked and has not answered. */
export function isOpen(approval: Approval | undefined): boolean {
  return approval !== undefined && approval.hash === undefined;
}

/** A run that has moved before. */
interface Resumed {
  readonly id: number;
  readonly version: number;
  readonly run: Run;
  readonly began?: Intent | undefined;
}

/** Where a record stands in the log, when it came there, and how many characters it has. */
export interface Recorded {
  readonly seq: number;
  readonly received: number;
  readonly length: number;
}

/**
 * A run that this process holds: its control state, and what its next step may ask for.
 *
 * Event and outputs are made when somebody first looks at them: most steps never do.
 */
export class Motion {
  readonly id: number;
  /** The run's id as shown; a branch's is its run's. */
  readonly shownId: string;
  readonly flow: Flow;
  /** The seq of the run's last record. */
  version: number;
  run: Run;
  /** When the first attempt at the step at hand began, in engine time. */
  since: number;
  /** What attempts at the step at hand were paid for that failed. */
  spent: Usage | undefined;
  /** The records of the run, and the characters in them: what its history limit counts. */
  records = 1;
  length = 0;
  /** The fork that the run's end is told to; undefined as long as nobody has looked for it. */
  fork: OpenFork | undefined;
  /** The seq that names the fork at which the run stands; undefined where it stands at none. */
  forkedAt: number | undefined;
  /** What was said of the step at hand, where somebody is asked about it. */
  approval: Approval | undefined;
  #story: Story;
  #saga: Saga | undefined;
  #failing: Failure | undefined;
  /** What the run's own time is counted from, in engine time. */
  #begun: number;
  #moved = false;
  /** Where a step waits for its target that has begun already: its next attempt is no new one. */
  #parkedAt: string | undefined;
  readonly #waits = new Waits();
  #event: Event | undefined;
  /** How often each step is done anew since somebody returned what came of it. */
  readonly #rounds = new Map<string, number>();
  readonly origin: Origin;

  constructor(id: number, run: Run, origin: Origin) {
    const { flow, identity, branchOf } = origin;
    this.id = id;
    this.shownId = branchOf?.fork.parent.shownId ?? idOf(identity, id);
    this.flow = flow;
    this.version = id;
    this.run = run;
    this.since = run.started;
    this.#begun = run.started;
    this.fork = branchOf?.fork;
    this.#story = branchOf?.story ?? NO_STORY;
    this.origin = origin;
    this.#saga = this.#begin(run);
  }

  /**
   * Takes up a run that has moved before: its records behind the first, oldest first, and where
   * they led to. `began` is the intent in the first.
   */
  static resumed(
    { id, version, run, began = run }: Resumed,
    origin: Origin,
    history: readonly LogRecord[],
  ): Motion {
    const motion = new Motion(id, run, origin);
    motion.#saga = motion.#begin(began);
    for (const record of history) {
      const entry = decodeJournal(record);
      const { received, data, prev } = record;
      if (entry !== undefined) motion.#note(entry, { received, length: data.length, prev });
    }
    motion.version = version;
    return motion;
  }

  get event(): Event {
    return (this.#event ??= this.#newEvent());
  }

  /** Where the run began: the path of its first step. */
  get start(): string {
    const { branchOf } = this.origin;
    return branchOf === undefined ? '0' : branchOf.fork.startOf(this.run.branch ?? 0);
  }

  /** Whether a step is behind the run, done or failed. */
  get hasMoved(): boolean {
    return this.#moved;
  }

  /** What the step before gave. */
  get output(): Json {
    return this.#story.output;
  }

  /** What the steps behind the run gave. */
  get story(): Story {
    return this.#story;
  }

  /** What the run has done that can be undone; undefined where its flow undoes nothing. */
  get saga(): Saga | undefined {
    return this.#saga;
  }

  /** The saga as it will be when this record is told too. */
  sagaAfter(entry: JournalEvent): Saga | undefined {
    const { flow, since, version: prev } = this;
    const story = told(this.#story, entry, flow);
    return this.#saga && afterRecord(this.#saga, entry, { flow, story, since, prev });
  }

  /** When the run's own time is over, in engine time; that of a branch is its run's. */
  get deadline(): number {
    const { branchOf } = this.origin;
    if (branchOf !== undefined) return branchOf.fork.parent.deadline;
    return deadlineOf({ started: this.#begun, at: this.run.at }, this.flow);
  }

  /** The run that this one is, or is a part of. */
  get whole(): number {
    return this.origin.branchOf?.fork.parent.whole ?? this.id;
  }

  /** The wait at which the run rests; undefined where it rests for something else. */
  get wait(): Wait | undefined {
    return this.#waits.open;
  }

  /**
   * The idempotency key of a step: the same for each attempt, on every machine; another one where
   * the step is done anew since somebody returned what came of it, and for what undoes that.
   */
  key(step: string, round = this.#roundOf(step)): string {
    const again = round === 1 ? '' : `/${round}`;
    return `${this.origin.branchOf?.key ?? this.shownId}/${step}${again}`;
  }

  /** Where a step stands in the trace that the run is a part of. */
  traceparent(step: string): string {
    const trace = runTrace(this.run.correlation, traceparentOf(this.origin.event));
    return formatTraceparent(stepTrace(trace, this.key(step)));
  }

  /** The names that the step at hand may use. */
  scope(now: number): Scope {
    const item = this.#undone();
    return (item && this.#undoScope(item, now)) ?? this.#scope(this.#story, now);
  }

  /** What a decision about the step at hand looks at. */
  passing<S extends Step>(step: S, now: number): Passing & Pick<Called, Own> & Of<S> {
    return {
      flow: this.flow,
      step,
      since: this.since,
      deadline: this.deadline,
      heard: { after: this.#waits.heard(step.id) ?? this.whole, of: this.whole },
      failing: isUndoing(this.run.at) ? undefined : this.#failing,
      scopeAfter: (passed: Passed) => this.#scope(withStep(this.#story, step, passed), now),
      scopeFailing: (failure: Failed) =>
        this.#scope(withFailure(this.#story, step, { step: step.id, ...failure }), now),
    };
  }

  /** Moves on: the record is durable at `version`, and makes the run what `row` says. */
  moved(entry: JournalEvent, row: Run, place: Recorded): void {
    const { received, length } = place;
    const prev = this.version;
    this.version = place.seq;
    this.run = row;
    this.#note(entry, { received, length, prev });
  }

  /** The story as it will be when this record is told too. */
  storyAfter(entry: JournalEvent): Story {
    return told(this.#story, entry, this.flow);
  }

  #note(
    entry: JournalEvent,
    { received, length, prev }: Omit<Recorded, 'seq'> & { readonly prev: number | null },
  ): void {
    this.#noteStep(entry, received);
    this.records++;
    this.length += length;
    this.#waits.note(entry);
    if (entry.type === 'step.forked') this.forkedAt = entry.of ?? prev ?? undefined;
    else if (entry.type !== 'run.paused' && entry.type !== 'run.resumed') this.forkedAt = undefined;
    this.#noteApproval(entry);
    const { flow, since } = this;
    const place = { flow, since, story: this.#story, prev };
    this.#saga = this.#saga && afterRecord(this.#saga, entry, place);
  }

  #noteStep(entry: JournalEvent, received: number): void {
    if (entry.type === 'step.parked') this.#parkedAt = entry.at;
    if (entry.type === 'step.started' && entry.attempt === 1 && entry.at !== this.#parkedAt) {
      this.since = received;
    }
    if (entry.type === 'step.retrying') this.spent = plus(this.spent, entry.error.usage);
    if (entry.type === 'step.completed' || entry.type === 'step.failed') {
      this.since = received;
      this.#moved = true;
    } else if (entry.type === 'run.failing') {
      const { at, step, attempt, error } = entry;
      this.#failing = { at, step, attempt, error };
      this.since = received;
    } else if (entry.type === 'step.returned') {
      this.#again(entry.at);
      this.since = received;
    } else if (startsAnew(entry)) this.since = received;
    else if (entry.type === 'run.retried') {
      this.#failing = undefined;
      this.#begun = received;
      this.since = received;
    } else return;
    this.spent = undefined;
    this.#parkedAt = undefined;
    this.#story = told(this.#story, entry, this.flow);
  }

  #noteApproval(entry: JournalEvent): void {
    switch (entry.type) {
      case 'step.proposed':
        this.approval = { hash: undefined, asOf: entry.asOf };
        return;
      case 'step.approved':
        this.approval = { hash: entry.hash, input: entry.input, asOf: entry.asOf };
        return;
      case 'step.started':
      case 'step.retrying':
      case 'step.waiting':
      case 'step.parked':
      case 'step.unknown':
      case 'run.paused':
      case 'run.resumed':
        return;
      default:
        this.approval = undefined;
    }
  }

  /** What is being undone. */
  #undone(): Registered | undefined {
    const { at } = this.run;
    return this.#saga && isUndoing(at) ? undoAt(this.#saga, at) : undefined;
  }

  #roundOf(step: string): number {
    const item = isUndoId(step) ? this.#undone() : undefined;
    return item?.round ?? (this.#rounds.get(step) ?? 0) + 1;
  }

  /** The steps from a place on are done anew, under keys of their own. */
  #again(at: string): void {
    if (isUndoing(at)) return;
    const steps = [...stepsFrom(this.flow, this.start)];
    const from = steps.findIndex(([path]) => path === at);
    for (const [, { id }] of steps.slice(Math.max(from, 0)))
      this.#rounds.set(id, (this.#rounds.get(id) ?? 0) + 1);
  }

  #newEvent(): Event {
    const { branchOf, event: record, identity, data, members } = this.origin;
    if (branchOf !== undefined) return branchOf.fork.parent.event;
    const event = seenEvent(record, this.flow.name, identity, members);
    if (data === undefined) return event;
    return this.run.parent === null ? { ...event, data } : { ...event, type: 'flow.called', data };
  }

  #begin(intent: Intent): Saga | undefined {
    const { flow, since } = this;
    if (flow.isSaga !== true) return undefined;
    return begunSaga(intent, { flow, since, story: this.#story, prev: null });
  }

  /** What the step was given that is registered here, as far as can be told. */
  inputOf(item: Registered): Json {
    const step = stepAt(this.flow, item.at);
    if (step === undefined || !isAction(step)) return null;
    return inputOf(step, this.#scope(item.story, item.began));
  }

  /**
   * What undoes it would be given.
   *
   * @throws SignalboxError where something that it names has no value.
   */
  undoInputOf(item: Registered): Json {
    const step = stepAt(this.flow, undoPath(item.at));
    const scope = this.#undoScope(item, item.began);
    return step === undefined || !isAction(step) || scope === undefined
      ? null
      : inputOf(step, scope);
  }

  #undoScope(item: Registered, now: number): Scope | undefined {
    const step = stepAt(this.flow, item.at);
    if (step === undefined || !isAction(step)) return undefined;
    const after = withStep(item.story, step, { output: item.output });
    return undoScope(item, step, {
      before: this.#scope(item.story, item.began),
      after: this.#scope(after, now),
    });
  }

  #scope(story: Story, now: number): Scope {
    const { shownId: run, flow } = this;
    return {
      get: (name) => eventScope(this.event, { ...story, run, flow: flow.name, now }).get(name),
    };
  }
}
