import type { Flow, ForkStep, Step } from '../flows/flow.ts';
import { hasUndo } from '../flows/saga.ts';
import type { Json } from '../std/json.ts';
import type { Intent, JournalEvent, RunSucceeded, StepCompleted } from './journal.ts';
import { isUndoing, type Path, stepAt, stepsOf, undoneAt } from './position.ts';
import type { StepError } from './step-kind.ts';
import type { Story } from './story.ts';
import type { Cause } from './undo-records.ts';

/**
 * A step that is to be undone where its run fails, from the moment on that it may have happened.
 */
export interface Registered {
  /** The path of the step. */
  readonly at: Path;
  /** Its id. */
  readonly step: string;
  /** Where others did the step: the seq that names the fork. */
  readonly fork?: number | undefined;
  /** How often it was done under a key of its own, this one included: see `Saga.returned`. */
  readonly round: number;
  /** Whether it did; what was begun and has no result may have. */
  readonly happened: true | 'unknown';
  /** What it gave; null where that is not known. */
  readonly output: Json;
  /** What the steps before it had given when it was begun, and when that was. */
  readonly story: Story;
  readonly began: number;
  /** What has become of its undo. */
  readonly undo: Undo;
}

export type Undo =
  | { readonly kind: 'pending' }
  | { readonly kind: 'done' }
  /** A person said that it need not be undone, or did it by hand. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'stuck'; readonly error: StepError; readonly attempt: number };

/** The step under way, of which nobody knows yet what will have become of it. */
interface UnderWay {
  readonly at: Path;
  readonly story: Story;
  readonly began: number;
  /** Whether it was called, and has not answered. */
  readonly called: boolean;
  /** Whether an attempt at it may have happened that did not say so. */
  readonly doubt: boolean;
}

/** What a run has done that can be undone: a fold of its records. */
export interface Saga {
  /** In the order in which the steps were begun for the last time. */
  readonly list: readonly Registered[];
  /** In the order in which they were undone, by their ids. */
  readonly undone: readonly string[];
  readonly underWay: UnderWay | undefined;
  /** The pivot that the run has passed, by its id: nothing is undone any more. */
  readonly pivot: string | undefined;
  /** From where on steps were done anew, under other keys, since what came of them was returned. */
  readonly returned: readonly Path[];
  /** Why the run is being undone, or was. */
  readonly because: Cause | undefined;
  /** The seq of the record before a person had undos tried again; null where nobody has. */
  readonly again: number | null;
}

/** What a fold needs beside the record: the story behind it, and when the step at hand began. */
export interface SagaPlace {
  readonly flow: Flow;
  readonly story: Story;
  readonly since: number;
  /** The seq of the record before. */
  readonly prev: number | null;
}

/** Of a run that has done nothing. */
export const NO_SAGA: Saga = {
  list: [],
  undone: [],
  underWay: undefined,
  pivot: undefined,
  returned: [],
  because: undefined,
  again: null,
};
const PENDING: Undo = { kind: 'pending' };

/** How the saga of a run begins, with the intent in its first record. */
export function begunSaga(intent: Intent, place: SagaPlace): Saga {
  return intended(NO_SAGA, intent, place);
}

/** The saga behind one more record of its run. Never throws. */
export function afterRecord(saga: Saga, run: JournalEvent, place: SagaPlace): Saga {
  if ('at' in run && isUndoing(run.at)) return afterUndo(saga, run, place);
  switch (run.type) {
    case 'step.started':
      return intended(saga, run, place);
    case 'step.completed':
      return intended(completed(saga, run, place), run.next, place);
    case 'run.succeeded':
      return run.error === undefined ? completed(saga, run, place) : failed(saga, run, place);
    case 'step.failed':
    case 'run.failing':
      return intended(failed(saga, run, place), run.next, place);
    case 'run.failed':
      return failed(saga, run, place);
    case 'step.unknown':
    case 'step.retrying':
      return answered(saga, run.error);
    case 'step.forked':
      return forked(saga, run.at, place);
    case 'step.waiting':
      return under(saga, { doubt: true });
    case 'step.parked':
    case 'run.paused':
    // Whoever is asked is asked before the step is called, though that was intended at once.
    case 'step.proposed':
    case 'run.declined':
      return under(saga, { called: false });
    case 'run.retried':
      return flushed(saga, place);
    case 'run.moved':
      return run.anew === true ? flushed(saga, place) : saga;
    case 'step.returned': {
      const settled = flushed(saga, place);
      return { ...settled, returned: [...saga.returned, run.at] };
    }
    case 'run.compensating': {
      const { error, because, declined } = run;
      const own = declined === true ? under(saga, { called: false }) : saga;
      const stopped = error === undefined ? flushed(own, place) : failed(own, { error }, place);
      return { ...stopped, because };
    }
    default:
      return saga;
  }
}

/** What is left to undo, in the order in which it is registered. */
export function pendingOf({ list, pivot }: Saga): readonly Registered[] {
  return pivot === undefined ? list.filter(({ undo }) => undo.kind === 'pending') : [];
}

/** What stays done where the run ends as it stands, by the ids of its steps. */
export function leftBy(saga: Saga, place: Pick<SagaPlace, 'flow'>): readonly string[] {
  const { list } = flushed(saga, place);
  return list.flatMap(({ step, undo: { kind } }) =>
    kind === 'pending' || kind === 'stuck' ? [step] : [],
  );
}

/** What is undone next: what was begun last. */
export function nextUndo(saga: Saga): Registered | undefined {
  return pendingOf(saga).at(-1);
}

/** What could not be undone. */
export function stuckOf({ list }: Saga): readonly Registered[] {
  return list.filter(({ undo }) => undo.kind === 'stuck');
}

/** What is being undone at this place. */
export function undoAt(saga: Saga, at: Path): Registered | undefined {
  const path = undoneAt(at);
  return saga.list.findLast((each) => each.at === path && each.undo.kind === 'pending');
}

/** The saga with what has become of an undo. */
export function withUndo(saga: Saga, at: Path, undo: Undo): Saga {
  const item = undoAt(saga, at);
  if (item === undefined) return saga;
  const list = saga.list.map((each) => (each === item ? { ...each, undo } : each));
  return {
    ...saga,
    list,
    undone: undo.kind === 'done' ? [...saga.undone, item.step] : saga.undone,
  };
}

/** Whether the branches of a fork, or the run that it called, may have something to undo. */
export function isUndoable({ fork }: ForkStep, { sagas = [] }: Flow): boolean {
  if (fork.kind === 'call') return !fork.detach && sagas.includes(fork.flow);
  const inside = fork.kind === 'each' ? fork.do : fork.steps;
  return hasUndo(inside) || calls(inside, sagas);
}

function calls(steps: readonly Step[], sagas: readonly string[]): boolean {
  if (sagas.length === 0) return false;
  return steps.some(({ choice, fork }) => {
    if (choice !== undefined) return calls(choice.then, sagas) || calls(choice.else, sagas);
    if (fork === undefined) return false;
    if (fork.kind === 'call') return !fork.detach && sagas.includes(fork.flow);
    return calls(fork.kind === 'each' ? fork.do : fork.steps, sagas);
  });
}

/** A record of a run that is being undone, or was. */
function afterUndo(saga: Saga, run: JournalEvent, { prev }: SagaPlace): Saga {
  switch (run.type) {
    case 'step.completed':
      if (run.more === true) return saga;
      return withUndo(saga, run.at, { kind: run.decision === undefined ? 'done' : 'skipped' });
    case 'step.failed':
      return withUndo(saga, run.at, { kind: 'stuck', error: run.error, attempt: run.attempt });
    case 'run.compensated':
      return withUndo(saga, run.at, { kind: run.decision === undefined ? 'done' : 'skipped' });
    case 'run.stuck': {
      const { at, failed: last, decision } = run;
      if (last !== undefined) return withUndo(saga, at, { kind: 'stuck', ...last });
      return withUndo(saga, at, { kind: decision === undefined ? 'done' : 'skipped' });
    }
    case 'run.retried': {
      const again = new Set(run.undo);
      const list = saga.list.map((each) =>
        each.undo.kind === 'stuck' && again.has(each.at) ? { ...each, undo: PENDING } : each,
      );
      return { ...saga, list, again: prev };
    }
    default:
      return saga;
  }
}

/** A step is intended, or begun: it may happen from now on where an attempt counts. */
function intended(
  saga: Saga,
  { at, attempt }: Intent,
  { story, since: began, flow }: SagaPlace,
): Saga {
  if (isUndoing(at)) return saga;
  const before = saga.underWay?.at === at ? saga.underWay : undefined;
  const fresh = { at, story, called: false, doubt: false };
  const { called, doubt, ...own } = before ?? fresh;
  const isCalled = attempt > 0;
  // Who calls it again has no answer to the call before.
  const underWay = { ...own, began, called: isCalled, doubt: doubt || (called && isCalled) };
  const settled = before === undefined ? flushed(saga, { flow }) : saga;
  return { ...settled, underWay };
}

function under(saga: Saga, change: Partial<UnderWay>): Saga {
  const { underWay } = saga;
  return underWay === undefined ? saga : { ...saga, underWay: { ...underWay, ...change } };
}

/** The attempt has ended with this error. */
function answered(saga: Saga, { happened }: StepError): Saga {
  const doubt = saga.underWay?.doubt === true || happened !== 'no';
  return under(saga, { called: false, doubt });
}

/** The step is over, done or not: it is registered where it may have happened. */
function flushed(saga: Saga, { flow }: Pick<SagaPlace, 'flow'>): Saga {
  const { underWay } = saga;
  if (underWay === undefined) return saga;
  const rest = { ...saga, underWay: undefined };
  if (!underWay.called && !underWay.doubt) return rest;
  return registered(rest, underWay, { flow, happened: 'unknown', output: null });
}

function registered(
  saga: Saga,
  { at, story, began }: Pick<UnderWay, 'at' | 'story' | 'began'>,
  what: Pick<SagaPlace, 'flow'> & Pick<Registered, 'happened' | 'output'>,
): Saga {
  const step = stepAt(what.flow, at);
  if (step === undefined || step.choice !== undefined) return saga;
  if (step.fork !== undefined || step.compensate === undefined) return saga;
  const round = roundOf(saga, at, what.flow);
  const isSame = (each: Registered): boolean => each.at === at && each.round === round;
  const before = saga.list.find((each) => isSame(each) && each.fork === undefined);
  // What has happened is not undone by another attempt at it.
  const known = what.happened === true || before?.happened !== true ? what : before;
  const { happened, output } = known;
  const said = { happened, output, story, began };
  const one: Registered = { at, step: step.id, round, ...said, undo: PENDING };
  return { ...saga, list: [...saga.list.filter((each) => each !== before), one] };
}

function completed(
  saga: Saga,
  entry: Pick<StepCompleted | RunSucceeded, 'at' | 'output' | 'decision'> & { skipped?: true },
  place: SagaPlace,
): Saga {
  const { at, output, decision } = entry;
  const { flow, story, since } = place;
  // Who passes over a step says nothing of what earlier attempts at it did.
  if (entry.skipped === true || (decision !== undefined && output === null))
    return flushed(saga, place);
  const { underWay } = saga;
  const own = underWay?.at === at ? underWay : { at, story, began: since };
  const rest = { ...saga, underWay: undefined };
  const step = stepAt(flow, at);
  const done = registered(rest, own, { flow, happened: true, output });
  return step?.pivot === true ? { ...done, pivot: step.id } : done;
}

function failed(
  saga: Saga,
  { error }: { readonly error?: StepError | undefined },
  place: SagaPlace,
): Saga {
  const told = error === undefined ? saga : answered(saga, error);
  return flushed(told, place);
}

/** Others do the step, and each of them keeps what it has done. */
function forked(saga: Saga, at: Path, { flow, story, since, prev }: SagaPlace): Saga {
  const step = stepAt(flow, at);
  const rest = { ...saga, underWay: undefined };
  if (step?.fork === undefined || prev === null || !isUndoable(step, flow)) return rest;
  const what = { happened: 'unknown', output: null, undo: PENDING } as const;
  const round = roundOf(saga, at, flow);
  const one: Registered = { at, step: step.id, fork: prev, round, story, began: since, ...what };
  return { ...rest, list: [...saga.list, one] };
}

function roundOf({ returned }: Saga, at: Path, flow: Flow): number {
  if (returned.length === 0) return 1;
  const paths = Array.from(stepsOf(flow), ([path]) => path);
  const place = paths.indexOf(at);
  return 1 + returned.filter((from) => paths.indexOf(from) <= place).length;
}
