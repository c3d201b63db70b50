import { attributionOf } from '../events/attribution.ts';
import type { Flow } from '../flows/flow.ts';
import type { Json } from '../std/json.ts';
import type { EndState } from '../store/contract.ts';
import type {
  Decision,
  Intent,
  JournalEvent,
  RunFailed,
  RunFailing,
  StepUnknown,
} from './journal.ts';
import type { Motion } from './motion.ts';
import { isFailing, isUndoing, stepAt, undoPath } from './position.ts';
import { NO_SAGA, nextUndo, type Registered, type Saga, stuckOf, withUndo } from './saga.ts';
import type { StepError } from './step-kind.ts';
import type { Usage } from './usage.ts';
import type { Cause, RunCompensating } from './undo-records.ts';

/** How a run goes on that has no slot, or is taken up by another session. */
export interface Onwards {
  /** When it asks for a slot. */
  readonly due?: number;
  readonly epoch?: number;
}

/**
 * The record that a run comes to in place of `entry`, as what it did is to be undone: the failure
 * or the end by a person begins that, and the result of each undo leads to the next one. Pure.
 */
export function compensate(
  motion: Motion,
  entry: JournalEvent,
  onwards: Onwards = {},
): JournalEvent {
  const { saga, run } = motion;
  if (saga === undefined) return entry;
  if (isUndoing(run.at)) return undone(motion, entry, onwards);
  switch (entry.type) {
    case 'run.failed':
    case 'run.failing': {
      const doubt = pivotDoubt(motion, entry);
      if (doubt !== undefined) return doubt;
      if (entry.type === 'run.failing' || run.branch !== null) return entry;
      const { step, error } = entry;
      const because = { step, code: error.code, message: error.message };
      return compensating(motion, { because, entry, error }, onwards) ?? entry;
    }
    case 'run.declined':
    case 'run.cancelled': {
      const because = { ...attributionOf(entry), reason: entry.reason };
      if (run.branch !== null) return entry;
      const declined = entry.type === 'run.declined';
      return compensating(motion, { because, entry, declined }, onwards) ?? entry;
    }
    default:
      return entry;
  }
}

/** Why a run is undone, and where it stood. */
interface Stop {
  readonly because: Cause;
  readonly entry: { readonly at: string; readonly step: string };
  readonly error?: StepError | undefined;
  readonly declined?: boolean;
}

/**
 * The record with which the run begins to undo what it has done, or with which it goes on with
 * that; undefined where there is nothing to undo.
 */
export function compensating(
  motion: Motion,
  { because, entry, error, declined = false }: Stop,
  { due, epoch }: Onwards,
): RunCompensating | undefined {
  const { run, flow } = motion;
  const first: RunCompensating = {
    type: 'run.compensating',
    at: entry.at,
    step: entry.step,
    attempt: run.attempt,
    because,
    ...(error !== undefined && { error }),
    ...(declined && { declined }),
    next: { at: run.at, attempt: 0 },
    ...(due !== undefined && { due }),
    ...(epoch !== undefined && { epoch }),
    ended: run.ended === null ? null : (run.state as EndState),
  };
  const saga = motion.sagaAfter(first);
  const item = saga && nextUndo(saga);
  return item && { ...first, next: intentOf(flow, item, due) };
}

/** The intent to undo something; without a slot nothing has begun. */
function intentOf(flow: Flow, { at, fork }: Registered, due: number | undefined): Intent {
  const place = undoPath(at);
  const step = stepAt(flow, place);
  const isPlain = fork === undefined && step !== undefined && step.guard === undefined;
  const mayRepeat = isPlain && 'effect' in step && step.effect === 'idempotent';
  return { at: place, attempt: mayRepeat && due === undefined ? 1 : 0 };
}

/**
 * A pivot that may have succeeded leaves nobody a choice but a person: to undo what came before it
 * may be as wrong as not to. Undefined where that is not so.
 */
function pivotDoubt(motion: Motion, entry: RunFailed | RunFailing): StepUnknown | undefined {
  const { at, step: id, attempt, error } = entry;
  const step = stepAt(motion.flow, at);
  if (step?.pivot !== true || step.fork !== undefined || isFailing(motion.run.at)) return undefined;
  if (step.choice === undefined && step.compensate !== undefined) return undefined;
  const saga = motion.sagaAfter(entry);
  if (saga === undefined || nextUndo(saga) === undefined) return undefined;
  const isDoubtful = error.happened !== 'no' || motion.saga?.underWay?.doubt === true;
  return isDoubtful ? { type: 'step.unknown', at, step: id, attempt, error } : undefined;
}

/** What an undo has come to. */
interface Outcome extends Onwards {
  readonly result: { readonly output: Json } | { readonly error: StepError };
  readonly decision?: Decision | undefined;
  readonly usage?: Usage | undefined;
}

function undone(motion: Motion, entry: JournalEvent, onwards: Onwards): JournalEvent {
  switch (entry.type) {
    case 'run.succeeded': {
      const { output, decision, usage } = entry;
      return afterUndo(motion, { ...onwards, result: { output }, decision, usage });
    }
    case 'run.noop':
      return afterUndo(motion, { ...onwards, result: { output: null } });
    case 'run.declined': {
      const message = `Undoing it was declined by ${entry.by}.`;
      const error = { code: 'gate.declined', message, happened: 'no' } as const;
      return afterUndo(motion, { ...onwards, result: { error } });
    }
    case 'run.failed':
    case 'step.unknown':
      return afterUndo(motion, { ...onwards, result: { error: entry.error } });
    default:
      return entry;
  }
}

/** The record of an undo that is over: the next one is intended in it, or the run ends with it. */
function afterUndo(motion: Motion, outcome: Outcome): JournalEvent {
  const { run, flow } = motion;
  const { result, decision, usage, due, epoch } = outcome;
  const { at, attempt } = run;
  const saga = withUndo(motion.saga ?? NO_SAGA, at, undoOf(outcome, attempt));
  const item = nextUndo(saga);
  const step = stepAt(flow, at)?.id ?? at;
  if (item === undefined) return ended(motion, saga, outcome);
  const onwards = {
    next: intentOf(flow, item, due),
    ...(due !== undefined && { due }),
    ...(epoch !== undefined && { epoch }),
  };
  if ('error' in result) {
    return { type: 'step.failed', at, step, attempt, error: result.error, ...onwards };
  }
  const said = { ...(decision && { decision }), ...(usage && { usage }) };
  return { type: 'step.completed', at, step, output: result.output, ...onwards, ...said };
}

function undoOf({ result, decision }: Outcome, attempt: number): Registered['undo'] {
  if ('error' in result) return { kind: 'stuck', error: result.error, attempt };
  return { kind: decision === undefined ? 'done' : 'skipped' };
}

/** The run's last record. Only where nothing is stuck does it say that all is undone. */
function ended({ run, flow, shownId }: Motion, saga: Saga, outcome: Outcome): JournalEvent {
  const { result, decision, usage } = outcome;
  const { at } = run;
  const skipped = saga.list.flatMap(({ undo, step }) => (undo.kind === 'skipped' ? [step] : []));
  const said = {
    flow: run.flow,
    run: shownId,
    because: saga.because ?? NOBODY,
    undone: saga.undone,
    ...(skipped.length > 0 && { skipped }),
    ...('output' in result && { output: result.output }),
    ...(decision && { decision }),
    ...(usage && { usage }),
  };
  const stuck = stuckOf(saga).toReversed();
  const [first] = stuck;
  if (first?.undo.kind !== 'stuck') {
    return { type: 'run.compensated', at, step: stepAt(flow, at)?.id ?? at, ...said };
  }
  const { error, attempt } = first.undo;
  const all = stuck.flatMap(({ step, undo }) =>
    undo.kind === 'stuck' ? [{ step, message: undo.error.message }] : [],
  );
  const last = 'error' in result ? { failed: { error: result.error, attempt: run.attempt } } : {};
  return { type: 'run.stuck', at, step: first.step, error, attempt, stuck: all, ...last, ...said };
}

const NOBODY: Decision = { by: 'signalbox', reason: null };
