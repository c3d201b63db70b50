import { attributionOf } from '../events/attribution.ts';
import { sameStep } from '../flows/difference.ts';
import type { Flow, Step } from '../flows/flow.ts';
import { didYouMean } from '../std/diagnostics.ts';
import type { LogRecord } from '../store/contract.ts';
import { type Decision, decodeJournal, type JournalEvent } from './journal.ts';
import { isOpen, type Motion } from './motion.ts';
import type { MoveDifferences, RunMoved } from './move-record.ts';
import { isFailing, isUndoing, type Path, stepAt, stepsFrom, stepsOf } from './position.ts';
import { type Case, hasBranches, isRefusal, type Refusal, refuse, underWay } from './refusal.ts';

/** How a run is moved to another catalog. */
export interface Moving extends Decision {
  /** The step at which it goes on, by its id; the one at which it stands where it is left out. */
  readonly at?: string | undefined;
  /** Whether the person says yes to what the new definition makes of steps that are done. */
  readonly accept?: boolean | undefined;
}

/** The definition that the run is to go on by. */
export interface Target {
  readonly catalog: string;
  readonly flow: Flow;
}

/** What is known of a run whose own definition cannot be read: its steps by their places. */
export interface Reached {
  /** All that its records name. */
  readonly names: ReadonlyMap<Path, string>;
  /** The ids of those that are done. */
  readonly done: ReadonlySet<string>;
  readonly hasForked: boolean;
}

/**
 * The run under another definition of its flow. What is done stays done, and has to be the same
 * there, unless the person says otherwise; the step at which it stands may be another one. Pure.
 */
export function relocated(
  on: Case,
  moving: Moving,
  { target, reached }: { readonly target: Target; readonly reached?: Reached | undefined },
): JournalEvent | Refusal {
  const { motion, last } = on;
  const refusal = mayMove(motion, last, target);
  if (refusal !== undefined) return refusal;
  const before = beforeOf(motion, last, reached);
  if (mayUndoForks(before, target)) return forked(motion);
  const to = placeOf(motion, before, { moving, target });
  if (isRefusal(to)) return to;
  const differences = differencesOf(before, to, target.flow);
  const differ = Object.values(differences).some((steps) => steps.length > 0);
  if (differ && moving.accept !== true) return differing(motion, target, differences);
  return {
    type: 'run.moved',
    ...to,
    catalog: target.catalog,
    from: motion.run.catalog,
    places: placesOf(before, target.flow),
    ...restOf(on, before, { to, target }),
    ...(differ ? { accepted: differences } : {}),
    ...attributionOf(moving),
    reason: moving.reason,
  };
}

/** Where it stands, and what it did, by its own definition. */
interface Before {
  readonly at: Path;
  /** The id of the step at which it stands. */
  readonly step: string;
  readonly names: ReadonlyMap<Path, string>;
  readonly done: ReadonlySet<string>;
  /** Undefined where it cannot be read. */
  readonly flow: Flow | undefined;
  readonly hasForked: boolean;
  readonly isUnbegun: boolean;
  /** Whether an attempt at its step has begun: it is left where the run goes on at another one. */
  readonly isLeft: boolean;
}

type Place = Pick<RunMoved, 'at' | 'step'>;

/** How a run has ended that can be tried again as it is. */
const RETRIED: ReadonlySet<string> = new Set(['failed', 'cancelled', 'declined']);

function mayMove(
  motion: Motion,
  last: JournalEvent | undefined,
  target: Target,
): Refusal | undefined {
  const { run, shownId } = motion;
  if (run.catalog === target.catalog) {
    return refuse('run.pinned', `Run ${shownId} goes by catalog ${target.catalog} already.`);
  }
  if (run.branch !== null) {
    const message = `This is a branch of run ${shownId}, and goes on as it began`;
    return refuse('run.branch', `${message}; move the run when its branches have ended.`);
  }
  if (isUndoing(run.at)) {
    const message = `What run ${shownId} did is undone as the definition says by which it did it.`;
    return refuse('run.compensating', message);
  }
  if (run.ended !== null && !RETRIED.has(run.state)) {
    return refuse('run.ended', `Run ${shownId} has ended already: it is ${run.state}.`);
  }
  if (run.state === 'running') return underWay(motion);
  const stands = motion.forkedAt !== undefined || last?.type === 'step.forked';
  return stands ? hasBranches(motion) : undefined;
}

function beforeOf(
  motion: Motion,
  last: JournalEvent | undefined,
  reached: Reached | undefined,
): Before {
  const { run, start } = motion;
  const { names, done, hasForked } = reached ?? reachedIn(motion);
  const at = run.ended !== null && last?.type === 'run.failed' ? last.at : run.at;
  const isQueued =
    run.state === 'queued' || (last?.type === 'run.paused' && last.state === 'queued');
  const isUnbegun = isQueued && at === start;
  const step = names.get(at) ?? at;
  const isLeft = !isUnbegun && run.attempt > 0;
  const flow = reached === undefined ? motion.flow : undefined;
  return { at, step, names, done, flow, hasForked, isUnbegun, isLeft };
}

/** The same of a run whose definition is there. */
function reachedIn({ flow, story: { outputs, errors } }: Motion): Reached {
  const steps = [...stepsOf(flow)];
  const done = new Set([...outputs.keys(), ...errors.keys()]);
  const hasForked = steps.some(([, { fork, id }]) => fork !== undefined && done.has(id));
  return { names: new Map(steps.map(([at, { id }]) => [at, id])), done, hasForked };
}

/** Whether others have done steps that may have to be undone: they know them by their places. */
function mayUndoForks(before: Before, { flow }: Target): boolean {
  return before.hasForked && (flow.isSaga === true || before.flow?.isSaga === true);
}

function forked({ shownId }: Motion): Refusal {
  const message = `Run ${shownId} has left steps to other runs, which may have to be undone`;
  return refuse('run.forked', `${message} as they were done; let it go on as it began.`);
}

function placeOf(
  { run, shownId }: Motion,
  before: Before,
  { moving, target }: { readonly moving: Moving; readonly target: Target },
): Place | Refusal {
  const steps = [...stepsFrom(target.flow, START)];
  const [first] = steps;
  if (before.isUnbegun && first !== undefined) return { at: first[0], step: first[1].id };
  const wanted = moving.at ?? before.step;
  const found = steps.find(([, { id }]) => id === wanted);
  if (found === undefined) {
    const ids = steps.map(([, { id }]) => id);
    const meant = didYouMean(wanted, ids);
    const hint = meant === undefined ? `there are ${ids.join(', ')}` : `did you mean "${meant}"?`;
    const where = `Flow "${run.flow}" of catalog ${target.catalog} has no step "${wanted}"`;
    const todo = 'name the step at which the run is to go on';
    return refuse('step.absent', `${where}; ${todo}: ${hint}`);
  }
  const [at, { id: step }] = found;
  const isDone = moving.at !== undefined && moving.at !== before.step && before.done.has(step);
  if (isDone) {
    const how = `signalbox runs retry ${shownId} --from ${step}`;
    const message = `Step "${step}" of run ${shownId} is done; to do it again, move the run first`;
    return refuse('step.done', `${message}, and then: ${how}`);
  }
  if (isFailing(at) === isFailing(before.at)) return { at, step };
  const message = `Step "${step}" does not stand among those of run ${shownId} as it is now`;
  return refuse('step.elsewhere', `${message}: some are only done when a run has failed.`);
}

const START = '0';

function differencesOf(before: Before, to: Place, flow: Flow): MoveDifferences {
  const { done, step } = before;
  const old = before.flow === undefined ? undefined : byId(stepsOf(before.flow));
  const present = byId(stepsOf(flow));
  const kept = [...done].filter((id) => present.has(id));
  const order = Array.from(stepsFrom(flow, START), ([, each]) => each);
  const place = order.findIndex(({ id }) => id === to.step);
  const ahead = new Set(order.slice(place).map(({ id }) => id));
  const behind = order.slice(0, place).filter(({ choice }) => choice === undefined);
  const left = before.isLeft && to.step !== step ? [step] : [];
  const isNew = ({ id }: Step): boolean =>
    before.flow === undefined || old?.has(id) !== true || isBehind(before.flow, before.at, id);
  return {
    changed: kept.filter((id) => !isSame(old?.get(id), present.get(id))),
    gone: [...done, ...left].filter((id) => !present.has(id)),
    again: [...kept, ...left].filter((id) => ahead.has(id)),
    passed: behind.filter((each) => !done.has(each.id) && isNew(each)).map(({ id }) => id),
  };
}

/** Whether a step of its own definition stands at the run's place there, or behind it. */
function isBehind(flow: Flow, at: Path, step: string): boolean {
  const order = [...stepsFrom(flow, START)];
  const place = order.findIndex(([path]) => path === at);
  return order.slice(Math.max(place, 0)).some(([, { id }]) => id === step);
}

function byId(steps: Iterable<readonly [Path, Step]>): Map<string, Step> {
  return new Map(Array.from(steps, ([, step]) => [step.id, step]));
}

function isSame(before: Step | undefined, after: Step | undefined): boolean {
  return before !== undefined && after !== undefined && sameStep(before, after);
}

function differing({ shownId }: Motion, target: Target, differences: MoveDifferences): Refusal {
  const { changed, gone, again, passed } = differences;
  const lists = [
    ['done, and another step there', changed],
    ['done or begun, and not there', gone],
    ['done, and would be done again', again],
    ['not done, and would never be', passed],
  ] as const;
  const told = lists.flatMap(([what, ids]) =>
    ids.length === 0 ? [] : `${ids.map((id) => `"${id}"`).join(', ')}: ${what}`,
  );
  const message = `Run ${shownId} does not fit catalog ${target.catalog}: ${told.join('; ')}.`;
  return refuse('run.differs', `${message} To move it all the same, accept that (--accept).`);
}

/** Where the steps have gone that have another place now, or none. */
function placesOf({ names }: Before, flow: Flow): RunMoved['places'] {
  const present = new Map(Array.from(stepsOf(flow), ([path, { id }]) => [id, path]));
  const changed = Array.from(names, ([at, id]) => [at, present.get(id) ?? null] as const);
  return Object.fromEntries(changed.filter(([at, place]) => at !== place));
}

/** Whether it goes on with what it waits for, and when it wants a slot. */
function restOf(
  { motion, last, now }: Case,
  before: Before,
  { to, target }: { readonly to: Place; readonly target: Target },
): Pick<RunMoved, 'due' | 'anew'> {
  const { run, wait, approval } = motion;
  if (run.ended !== null || before.isUnbegun) return { due: run.due };
  const old = before.flow && stepAt(before.flow, before.at);
  const isSameStep = before.step === to.step && isSame(old, stepAt(target.flow, to.at));
  const because = last?.type === 'run.paused' ? last.because : run.reason;
  // What failed is tried again when it is due, and what may have happened waits for a person.
  const rests = wait !== undefined || (run.attempt > 0 && because === null);
  // Whoever is asked, or has answered, was asked about what the old definition would do.
  // Where its own definition is lost, the last record tells that.
  const isAsked =
    isOpen(approval) ||
    (approval !== undefined && because === null) ||
    last?.type === 'step.proposed' ||
    last?.type === 'step.approved';
  const anew = before.step !== to.step || isAsked || (rests && !isSameStep);
  if (anew) return { due: run.state === 'paused' ? null : now, anew };
  // An event that came meanwhile was shown to nobody.
  return { due: wait !== undefined && run.state === 'waiting' ? now : run.due };
}

/** What the records of a run say of its steps whose definition cannot be read. */
export function reachedBy(records: readonly LogRecord[]): Reached {
  const names = new Map<Path, string>();
  const done = new Set<string>();
  let forks = 0;
  for (const record of records) {
    const entry = decodeJournal(record);
    if (entry === undefined || !('step' in entry)) continue;
    names.set(entry.at, entry.step);
    if (entry.type === 'step.completed' || entry.type === 'step.failed') done.add(entry.step);
    if (entry.type === 'step.forked') forks++;
  }
  return { names, done, hasForked: forks > 0 };
}
