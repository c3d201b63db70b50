import type { Flow } from '../flows/flow.ts';
import { isUndoId, undoId } from '../flows/saga.ts';
import {
  type Began,
  type Decision,
  decodeJournal,
  type JournalEvent,
  type RunRetried,
  type RunStarted,
  type StepCompleted,
} from '../runs/journal.ts';
import type { StepReturned } from '../runs/journal-gates.ts';
import { isGone } from '../runs/moved-records.ts';
import { isUndoing, stepAt, stepsFrom, undoneAt } from '../runs/position.ts';
import type { StepError } from '../runs/step-kind.ts';
import type { Usage } from '../runs/usage.ts';
import type { Json } from '../std/json.ts';
import type { LogIdentity, LogRecord, RunRow } from '../store/contract.ts';
import { idOf } from '../store/record.ts';
import { attemptsOf, type AttemptView } from './attempt-view.ts';
import { movesOf, type MoveView } from './move-view.ts';
import { type BranchCounts, openedBySteps, type OpenedRun } from './opened-runs.ts';
import { type ShownState, shownState } from './shown-state.ts';
import { usageOf } from './usage-view.ts';
import { waitText } from './wait-text.ts';

/** A run as people and programs see it. Times are ISO 8601. */
export interface RunView {
  readonly id: string;
  readonly flow: string;
  readonly state: ShownState;
  /** The id of the event that started it. */
  readonly event: string;
  readonly correlationid: string;
  /** Where it is a run of a choreography's rule: which, in the instance that the chain is. */
  readonly choreography?: RuleOfRun;
  /** The run that opened it; null where an event did. */
  readonly parent: string | null;
  /** Which branch of its parent's step it is, from 0; null for a run of its own. */
  readonly branch: number | null;
  readonly started: string;
  readonly ended: string | null;
  /** Why it stands where it stands: its last failure, or what it waits for. */
  readonly reason: string | null;
  /** When it goes on by itself; null where it has ended, is under way, or waits for a person. */
  readonly due: string | null;
  readonly steps: readonly StepView[];
  /** Where people had it go on by another catalog than it began with, oldest first. */
  readonly moves?: readonly MoveView[];
}

/** The rule of a choreography that a run answers for. */
export interface RuleOfRun {
  readonly name: string;
  readonly rule: string;
  /** Where the instance begins with the run: whether by a trigger, or by any event of a rule. */
  readonly began?: Began;
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
  /** Who said what it has given, or passed it over, and why; null where it was done. */
  readonly decision: Decision | null;
  /** How many branches it has, in all and in each state; null where it has none. */
  readonly branches: BranchCounts | null;
  /** The first of the runs that it opened: branches, or the run that it called. */
  readonly opened: readonly OpenedRun[];
  /** What its attempts were paid for, as far as is known; null where nothing was. */
  readonly usage: Usage | null;
  /** Each attempt with its own times. */
  readonly tries: readonly AttemptView[];
}

/**
 * Where a step stands: not reached, passed over by a condition, in the hands of a runner, due again
 * after a failure, waiting for its time or for others, proposed and waiting for an answer, refused,
 * perhaps done and waiting for a person, done, done with nothing to do, failed for good, or given
 * up with its run.
 */
export type StepState =
  | 'pending'
  | 'skipped'
  | 'running'
  | 'retrying'
  | 'waiting'
  | 'proposed'
  | 'declined'
  | 'unknown'
  | 'succeeded'
  | 'noop'
  | 'failed'
  | 'cancelled';

export interface RunFacts {
  readonly row: RunRow;
  /** The run's own records, oldest first. */
  readonly records: readonly LogRecord[];
  /** As the run's catalog has it. Where that is lost, only the steps that were reached show. */
  readonly flow: Flow | undefined;
  /** The id of the event that started the run. */
  readonly event: string;
  /** What the keys of its steps begin with; the run's id where it is left out. */
  readonly key?: string | undefined;
  /** The runs that it opened, oldest first. */
  readonly children?: readonly RunRow[] | undefined;
}

/** A run with its steps, folded from its records. */
export function viewRun(facts: RunFacts, identity: LogIdentity): RunView {
  const { row, event } = facts;
  const id = idOf(identity, row.id);
  return {
    id,
    flow: row.flow,
    state: shownState(row),
    event,
    correlationid: row.correlation,
    ...ruleOf(facts),
    parent: row.parent === null ? null : idOf(identity, row.parent),
    branch: row.branch,
    started: isoTime(row.started),
    ended: row.ended === null ? null : isoTime(row.ended),
    reason: row.reason ?? waitText(facts.records.at(-1)),
    due: row.due === null ? null : isoTime(row.due),
    steps: withSkipped(row, viewSteps(facts, identity)),
    ...movesOf(facts.records),
  };
}

function ruleOf({ flow, records }: RunFacts): Pick<RunView, 'choreography'> {
  if (flow?.rule === undefined) return {};
  const { choreography: name, id: rule } = flow.rule;
  const began = startedBy(records)?.began;
  return { choreography: { name, rule, ...(began === undefined ? {} : { began }) } };
}

function viewSteps(facts: RunFacts, identity: LogIdentity): StepView[] {
  const { row, records, flow, children = [] } = facts;
  const key = facts.key ?? idOf(identity, row.id);
  const steps = new Map<string, StepView>();
  const rounds = new Map<string, number>();
  for (const [at, id] of stepNames(flow, records)) steps.set(at, newStep(key, id));
  for (const record of records) {
    const entry = decodeJournal(record);
    if (entry?.type === 'run.retried') restart(steps, key, entry);
    if (entry?.type === 'step.returned') returned(steps, { key, rounds }, entry);
    const changes = entry === undefined ? [] : changesOf(entry, isoTime(record.received));
    for (const [at, change] of changes) {
      const before = steps.get(at) ?? newStep(key, nameAt(flow, at));
      const after = typeof change === 'function' ? change(before) : change;
      steps.set(at, { ...before, ...after, started: before.started ?? after.started ?? null });
    }
  }
  const tries = attemptsOf(records);
  const opened = openedBySteps(records, children, identity);
  const usages = usageOf(records);
  // A choice is no step to be done: it shows only where it is what failed.
  return Array.from(steps).flatMap(([at, step]) => {
    const written = flow && stepAt(flow, at);
    const silent = step.state === 'pending' && written?.choice !== undefined;
    if (silent) return [];
    const usage = usages.get(at) ?? null;
    const own = { kind: written?.kind ?? null, usage, tries: tries.get(at) ?? [] };
    return [{ ...step, ...opened.get(at), ...own }];
  });
}

/** The id of what is done at a place that is none of the steps in order: of an undo. */
function nameAt(flow: Flow | undefined, at: string): string {
  const step = flow && isUndoing(at) ? stepAt(flow, undoneAt(at)) : undefined;
  return step === undefined ? at : undoId(step.id);
}

/** The steps from a place on are to be done again, but for one that a person has to speak of. */
function restart(steps: Map<string, StepView>, key: string, { at, due }: RunRetried): void {
  if (isUndoing(at)) return;
  const paths = [...steps.keys()];
  for (const path of paths.slice(Math.max(0, paths.indexOf(at)))) {
    const before = steps.get(path);
    const step = newStep(key, before?.id ?? path);
    const { attempts, started } = path === at && due === null ? (before ?? step) : step;
    steps.set(path, { ...step, attempts, started });
  }
}

/** The steps from a place on are done anew, under keys of their own. */
function returned(
  steps: Map<string, StepView>,
  { key, rounds }: { readonly key: string; readonly rounds: Map<string, number> },
  { at }: StepReturned,
): void {
  if (isUndoing(at)) return;
  const paths = [...steps.keys()];
  for (const path of paths.slice(Math.max(0, paths.indexOf(at)))) {
    const round = (rounds.get(path) ?? 1) + 1;
    rounds.set(path, round);
    const step = newStep(key, steps.get(path)?.id ?? path);
    steps.set(path, { ...step, key: `${step.key}/${round}` });
  }
}

/** Steps that the run went past without a word are those whose conditions did not hold. */
function withSkipped({ ended, state, at }: RunRow, steps: readonly StepView[]): StepView[] {
  const reached = steps.findLastIndex((step) => step.state !== 'pending' && !isUndoId(step.id));
  const isDone = ended !== null && state !== 'failed' && state !== 'cancelled' && !isUndoing(at);
  const past = isDone ? steps.length : reached;
  return steps.map((step, index) => {
    const passed = step.state === 'pending' ? index < past : step.state === 'noop';
    return passed && step.attempts === 0 ? { ...step, state: 'skipped' } : step;
  });
}

/** How a run began, by its records; undefined where the first of them is none of its own. */
export function startedBy([first]: readonly LogRecord[]): RunStarted | undefined {
  const entry = first && decodeJournal(first);
  return entry?.type === 'run.started' ? entry : undefined;
}

/**
 * The ids of the steps by their paths, in the flow's order, behind those that a flow had to which
 * the run belonged before; without a flow, of those reached.
 */
export function stepNames(
  flow: Flow | undefined,
  records: readonly LogRecord[],
): Map<string, string> {
  if (flow !== undefined) {
    const start = startedBy(records)?.at ?? '0';
    const steps = Array.from(stepsFrom(flow, start), ([at, { id }]) => [at, id] as const);
    return new Map([...[...reachedSteps(records)].filter(([at]) => isGone(at)), ...steps]);
  }
  return reachedSteps(records);
}

function reachedSteps(records: readonly LogRecord[]): Map<string, string> {
  const ids = new Map<string, string>();
  for (const record of records) {
    const entry = decodeJournal(record);
    if (entry !== undefined && 'step' in entry) ids.set(entry.at, entry.step);
  }
  return ids;
}

function newStep(key: string, id: string): StepView {
  return {
    id,
    kind: null,
    state: 'pending',
    attempts: 0,
    key: `${key}/${id}`,
    output: null,
    error: null,
    started: null,
    ended: null,
    decision: null,
    branches: null,
    opened: [],
    usage: null,
    tries: [],
  };
}

type Change = Partial<StepView>;

/** The states of a step at which its run stands. */
const STANDING: ReadonlySet<StepState> = new Set<StepState>([
  'running',
  'retrying',
  'waiting',
  'proposed',
  'unknown',
]);

/** What a record changes, by the paths of the steps; some look at what was before. */
function changesOf(
  entry: JournalEvent,
  time: string,
): [string, Change | ((before: StepView) => Change)][] {
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
    case 'step.forked':
      return [[entry.at, { state: 'waiting', attempts: 1, started: time }]];
    case 'step.failed':
    case 'run.failing': {
      const [at, change] = failed(entry, entry.error, time);
      return [[at, { ...change, attempts: entry.attempt }], intended(entry.next, time)];
    }
    case 'run.compensating': {
      const { at, next, error } = entry;
      return [
        [at, error === undefined ? given(time) : { state: 'failed', error, ended: time }],
        intended(next, time),
      ];
    }
    case 'run.compensated':
      return [done({ ...entry, output: entry.output ?? null }, time)];
    case 'run.stuck': {
      const { failed: last, output = null } = entry;
      if (last === undefined) return [done({ ...entry, output }, time)];
      const [at, change] = failed(entry, last.error, time);
      return [[at, { ...change, attempts: last.attempt }]];
    }
    case 'run.cancelled':
      return [[entry.at, given(time)]];
    case 'run.paused':
      return [[entry.at, takenBack]];
    case 'run.declined':
      return [[entry.at, { state: 'declined', ended: time, decision: saidOf(entry) }]];
    case 'step.proposed':
      return [[entry.at, { state: 'proposed', attempts: 0 }]];
    case 'step.approved':
      return [[entry.at, { state: entry.due === null ? 'running' : 'waiting' }]];
    case 'step.returned':
    case 'run.retried':
    case 'run.resumed':
    case 'run.moved':
      return [];
    case 'step.retrying':
      return [[entry.at, { state: 'retrying', attempts: entry.attempt, error: entry.error }]];
    case 'step.parked':
    case 'step.waiting':
    case 'step.awaited':
      return [[entry.at, { state: 'waiting' }]];
    case 'step.unknown':
      return [[entry.at, { state: 'unknown', attempts: entry.attempt, error: entry.error }]];
    case 'run.failed': {
      const [at, change] = failed(entry, entry.error, time);
      return [[at, { ...change, attempts: entry.attempt }]];
    }
  }
}

/** An intent that nobody has come to yet is taken back. */
function takenBack({ state, attempts }: StepView): Change {
  return state === 'running' ? { state: 'pending', attempts: attempts - 1 } : {};
}

/** What was under way is given up. */
function given(time: string): (before: StepView) => Change {
  return ({ state }) => (STANDING.has(state) ? { state: 'cancelled', ended: time } : {});
}

/** An intent that counts no attempt is announced by a record of its own before the call. */
function intended(
  { at, attempt }: { readonly at: string; readonly attempt: number },
  time: string,
): [string, Change] {
  return [at, attempt === 0 ? {} : { state: 'running', attempts: attempt, started: time }];
}

function done(
  { at, output, decision }: Pick<StepCompleted, 'at' | 'output' | 'decision'>,
  time: string,
): [string, Change] {
  const said = decision === undefined ? {} : { decision };
  return [at, { state: 'succeeded', output, error: null, ended: time, ...said }];
}

function failed({ at }: { readonly at: string }, error: StepError, time: string): [string, Change] {
  return [at, { state: 'failed', error, ended: time }];
}

function saidOf({ by, reason }: Decision): Decision {
  return { by, reason };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
