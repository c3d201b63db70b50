import type { Flow } from '../flows/flow.ts';
import { decodeJournal, type JournalEvent } from '../runs/journal.ts';
import { stepAt, stepsFrom } from '../runs/position.ts';
import type { StepError } from '../runs/step-kind.ts';
import type { Json } from '../std/json.ts';
import type { LogIdentity, LogRecord, RunRow, RunState } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import { attemptsOf, type AttemptView } from './attempt-view.ts';

/** A run as people and programs see it. Times are ISO 8601. */
export interface RunView {
  readonly id: string;
  readonly flow: string;
  readonly state: RunState;
  /** The id of the event that started it. */
  readonly event: string;
  readonly correlationid: string;
  readonly started: string;
  readonly ended: string | null;
  /** Why it stands where it stands: its last failure, or what it waits for. */
  readonly reason: string | null;
  /** When it goes on by itself; null where it has ended, is under way, or waits for a person. */
  readonly due: string | null;
  readonly steps: readonly StepView[];
}

/** A step of a run as people and programs see it. Times are ISO 8601. */
export interface StepView {
  readonly id: string;
  /** What it does, such as `run`; null where the run's catalog is lost. */
  readonly kind: string | null;
  readonly state: StepState;
  /** How many attempts began. */
  readonly attempts: number;
  /** The idempotency key that each attempt carries. */
  readonly key: string;
  readonly output: Json;
  /** Of the last attempt, where it failed. */
  readonly error: StepError | null;
  readonly started: string | null;
  readonly ended: string | null;
  /** Each attempt with its own times. */
  readonly tries: readonly AttemptView[];
}

/**
 * Where a step stands: not reached, passed over by a condition, in the hands of a runner, due again
 * after a failure, asleep until its time, perhaps done and waiting for a person, done, done with
 * nothing to do, or failed for good.
 */
export type StepState =
  | 'pending'
  | 'skipped'
  | 'running'
  | 'retrying'
  | 'waiting'
  | 'unknown'
  | 'succeeded'
  | 'noop'
  | 'failed';

export interface RunFacts {
  readonly row: RunRow;
  /** The run's own records, oldest first. */
  readonly records: readonly LogRecord[];
  /** As the run's catalog has it. Where that is lost, only the steps that were reached show. */
  readonly flow: Flow | undefined;
  /** The id of the event that started the run. */
  readonly event: string;
}

/** A run with its steps, folded from its records. */
export function viewRun({ row, records, flow, event }: RunFacts, identity: LogIdentity): RunView {
  const id = idOf(identity, row.id);
  return {
    id,
    flow: row.flow,
    state: row.state,
    event,
    correlationid: row.correlation,
    started: isoTime(row.started),
    ended: row.ended === null ? null : isoTime(row.ended),
    reason: row.reason,
    due: row.due === null ? null : isoTime(row.due),
    steps: withSkipped(row, viewSteps(id, flow, records)),
  };
}

function viewSteps(run: string, flow: Flow | undefined, records: readonly LogRecord[]): StepView[] {
  const steps = new Map<string, StepView>();
  for (const [at, id] of stepNames(flow, records)) steps.set(at, newStep(run, id));
  for (const record of records) {
    const entry = decodeJournal(record);
    const changes = entry === undefined ? [] : changesOf(entry, isoTime(record.received));
    for (const [at, change] of changes) {
      const before = steps.get(at) ?? newStep(run, at);
      steps.set(at, { ...before, ...change, started: before.started ?? change.started ?? null });
    }
  }
  const tries = attemptsOf(records);
  // A choice is no step to be done: it shows only where it is what failed.
  return Array.from(steps).flatMap(([at, step]) => {
    const written = flow && stepAt(flow, at);
    const silent = step.state === 'pending' && written?.choice !== undefined;
    if (silent) return [];
    return [{ ...step, kind: written?.kind ?? null, tries: tries.get(at) ?? [] }];
  });
}

/** Steps that the run went past without a word are those whose conditions did not hold. */
function withSkipped({ ended, state }: RunRow, steps: readonly StepView[]): StepView[] {
  const reached = steps.findLastIndex((step) => step.state !== 'pending');
  const past = ended !== null && state !== 'failed' ? steps.length : reached;
  return steps.map((step, index) => {
    const passed = step.state === 'pending' ? index < past : step.state === 'noop';
    return passed && step.attempts === 0 ? { ...step, state: 'skipped' } : step;
  });
}

/** The ids of the steps by their paths, in the flow's order; without it, of those reached. */
export function stepNames(
  flow: Flow | undefined,
  records: readonly LogRecord[],
): Map<string, string> {
  if (flow !== undefined) {
    const [first] = records;
    const started = first === undefined ? undefined : decodeJournal(first);
    const start = started?.type === 'run.started' ? started.at : '0';
    return new Map(Array.from(stepsFrom(flow, start), ([at, { id }]) => [at, id]));
  }
  const ids = new Map<string, string>();
  for (const record of records) {
    const entry = decodeJournal(record);
    if (entry !== undefined && 'step' in entry) ids.set(entry.at, entry.step);
  }
  return ids;
}

function newStep(run: string, id: string): StepView {
  return {
    id,
    kind: null,
    state: 'pending',
    attempts: 0,
    key: `${run}/${id}`,
    output: null,
    error: null,
    started: null,
    ended: null,
    tries: [],
  };
}

type Change = Partial<StepView>;

/** What a record changes, by the paths of the steps. */
function changesOf(entry: JournalEvent, time: string): [string, Change][] {
  switch (entry.type) {
    case 'run.started':
      return entry.due === null ? [intended(entry, time)] : [];
    case 'step.started':
      return [[entry.at, { state: 'running', attempts: entry.attempt, started: time }]];
    case 'step.completed':
      return [done(entry, time), intended(entry.next, time)];
    case 'run.succeeded':
      if (entry.skipped === true) return [];
      return [entry.error === undefined ? done(entry, time) : failed(entry, entry.error, time)];
    case 'run.noop':
      return [[entry.at, { state: 'noop', ended: time }]];
    case 'step.failed': {
      const { attempt: attempts, error } = entry;
      const [at, change] = failed(entry, error, time);
      return [[at, { ...change, attempts }], intended(entry.next, time)];
    }
    case 'step.forked':
      return [[entry.at, { state: 'waiting', attempts: 1, started: time }]];
    case 'run.failing': {
      const [at, change] = failed(entry, entry.error, time);
      return [[at, { ...change, attempts: entry.attempt }], intended(entry.next, time)];
    }
    case 'run.retried':
      return [[entry.at, { state: 'pending', error: null, output: null, ended: null }]];
    case 'run.cancelled':
    case 'run.paused':
    case 'run.resumed':
      return [];
    case 'step.retrying':
      return [[entry.at, { state: 'retrying', attempts: entry.attempt, error: entry.error }]];
    case 'step.parked':
    case 'step.waiting':
      return [[entry.at, { state: 'waiting' }]];
    case 'step.unknown':
      return [[entry.at, { state: 'unknown', attempts: entry.attempt, error: entry.error }]];
    case 'run.failed': {
      const [at, change] = failed(entry, entry.error, time);
      return [[at, { ...change, attempts: entry.attempt }]];
    }
  }
}

/** An intent that counts no attempt is announced by a record of its own before the call. */
function intended(
  { at, attempt }: { readonly at: string; readonly attempt: number },
  time: string,
): [string, Change] {
  return [at, attempt === 0 ? {} : { state: 'running', attempts: attempt, started: time }];
}

function done(
  { at, output }: { readonly at: string; readonly output: Json },
  time: string,
): [string, Change] {
  return [at, { state: 'succeeded', output, error: null, ended: time }];
}

function failed({ at }: { readonly at: string }, error: StepError, time: string): [string, Change] {
  return [at, { state: 'failed', error, ended: time }];
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
