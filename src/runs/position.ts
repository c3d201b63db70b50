import type { Flow, Step } from '../flows/flow.ts';
import type { Scope } from '../flows/scope.ts';
import { messageOf } from '../std/errors.ts';

/**
 * Places in the tree of a flow, as paths: `2` is the third step, `2.then.0` the first step of what
 * its choice does where its condition holds, `2.do.0` the first step of each of its branches,
 * `2.parallel.1` the second of its branches, `failure.0` the first step of what is done when a run
 * has failed, `undo.2` what undoes the third step. A path never changes its meaning: a run is
 * pinned to its flow.
 */
export type Path = string;

/** The steps that are done when a run has failed for good. */
const FAILURE = 'failure';

/** Where what is done about a failure begins. */
export const FAILURE_START: Path = `${FAILURE}.0`;

/** Whether a run at this place has failed, and only does what its flow does about it. */
export function isFailing(at: Path): boolean {
  return at.startsWith(FAILURE);
}

/** What is done to undo a step. */
const UNDO = 'undo.';

/** Whether a run at this place is undoing what it has done. */
export function isUndoing(at: Path): boolean {
  return at.startsWith(UNDO);
}

/** The place of what undoes the step at a path. */
export function undoPath(at: Path): Path {
  return `${UNDO}${at}`;
}

/** The path of the step that is undone at this place. */
export function undoneAt(at: Path): Path {
  return at.slice(UNDO.length);
}

/**
 * The step at a path; undefined where the flow has none. What others did is undone by themselves:
 * there it is the fork.
 */
export function stepAt(flow: Flow, at: Path): Step | undefined {
  // Nearly all paths are those of a plain list.
  if (!at.includes('.')) return flow.steps[Number(at)];
  if (isUndoing(at)) {
    const step = stepAt(flow, undoneAt(at));
    if (step?.fork !== undefined) return step;
    return step?.choice === undefined ? step?.compensate : undefined;
  }
  let list: readonly Step[] = flow.steps;
  let step: Step | undefined;
  for (const segment of at.split('.')) {
    const named = listAt(flow, step, segment);
    if (named === undefined) {
      step = list[Number(segment)];
      list = [];
    } else {
      list = named;
      step = undefined;
    }
  }
  return step;
}

/** The list of steps that a segment of a path names; undefined for a number, which names a step. */
function listAt(flow: Flow, step: Step | undefined, segment: string): readonly Step[] | undefined {
  switch (segment) {
    case FAILURE:
      return flow.onFailure ?? [];
    case 'then':
    case 'else':
      return step?.choice?.[segment] ?? [];
    case 'do':
      return step?.fork?.kind === 'each' ? step.fork.do : [];
    case 'parallel':
      return step?.fork?.kind === 'parallel' ? step.fork.steps : [];
    default:
      return undefined;
  }
}

/** All steps of a flow with their paths, in the order in which they are written. */
export function* stepsOf({ steps, onFailure }: Flow): Generator<[Path, Step]> {
  yield* stepsWithin(steps);
  yield* stepsWithin(onFailure ?? [], `${FAILURE}.`);
}

/** Steps and those inside them with their paths, in the order in which they are written. */
export function* stepsWithin(steps: readonly Step[], within = ''): Generator<[Path, Step]> {
  for (const [index, step] of steps.entries()) {
    const at = `${within}${index}`;
    yield [at, step];
    for (const [name, list] of listsOf(step)) yield* stepsWithin(list, `${at}.${name}.`);
  }
}

/**
 * The steps with their paths that a run may come to itself which begins at `start`: those of its
 * flow, or of its branch, but not those that it leaves to branches.
 */
export function* stepsFrom(flow: Flow, start: Path): Generator<[Path, Step]> {
  const dot = start.lastIndexOf('.');
  const within = start.slice(0, dot + 1);
  const list = within.endsWith('do.') ? listOf(flow, within) : undefined;
  const only = stepAt(flow, start);
  if (dot === -1) {
    yield* ownSteps(flow.steps, '');
    yield* ownSteps(flow.onFailure ?? [], `${FAILURE}.`);
  } else if (list !== undefined) yield* ownSteps(list, within);
  else if (only !== undefined) yield* ownStep(start, only);
}

function listOf(flow: Flow, within: Path): readonly Step[] {
  const fork = stepAt(flow, within.slice(0, -'.do.'.length))?.fork;
  return fork?.kind === 'each' ? fork.do : [];
}

function* ownSteps(steps: readonly Step[], within: Path): Generator<[Path, Step]> {
  for (const [index, step] of steps.entries()) yield* ownStep(`${within}${index}`, step);
}

function* ownStep(at: Path, step: Step): Generator<[Path, Step]> {
  yield [at, step];
  yield* ownSteps(step.choice?.then ?? [], `${at}.then.`);
  yield* ownSteps(step.choice?.else ?? [], `${at}.else.`);
}

function listsOf({ choice, fork }: Step): readonly (readonly [string, readonly Step[]])[] {
  if (choice !== undefined) {
    return [
      ['then', choice.then],
      ['else', choice.else],
    ];
  }
  if (fork?.kind === 'each') return [['do', fork.do]];
  return fork?.kind === 'parallel' ? [['parallel', fork.steps]] : [];
}

/**
 * The path behind one: the next of its list, or what follows the choice that the list ends. Behind
 * a branch comes nothing: what follows its fork is for the run that forked.
 */
export function pathAfter(flow: Flow, at: Path): Path | undefined {
  // What is undone next depends on what the run has done.
  if (isUndoing(at)) return undefined;
  const dot = at.lastIndexOf('.');
  const before = at.lastIndexOf('.', dot - 1);
  const list = at.slice(before + 1, Math.max(dot, 0));
  if (list === 'parallel') return undefined;
  const next = `${at.slice(0, dot + 1)}${Number(at.slice(dot + 1)) + 1}`;
  if (stepAt(flow, next) !== undefined) return next;
  return list === 'then' || list === 'else' ? pathAfter(flow, at.slice(0, before)) : undefined;
}

/** Where a run goes on. */
export type Arrival =
  /** At a step that is to be called. */
  | { readonly kind: 'step'; readonly at: Path }
  /** Nowhere: nothing is left to do. */
  | { readonly kind: 'end' }
  /** Nobody can tell: the condition at this path has no value. */
  | { readonly kind: 'lost'; readonly at: Path; readonly message: string };

/**
 * The step that a run comes to from `at` on: passes over steps whose guard is false, and goes into
 * choices. The same scope always leads to the same step. Never throws.
 */
export function arrive(flow: Flow, at: Path | undefined, scope: Scope): Arrival {
  let place = at;
  while (place !== undefined) {
    const here: Path = place;
    try {
      const next = onwards(flow, here, scope);
      if (next === here) return { kind: 'step', at: here };
      place = next;
    } catch (error) {
      return { kind: 'lost', at: here, message: messageOf(error) };
    }
  }
  return { kind: 'end' };
}

/** The path itself where its step is to be called, else the one that its conditions lead to. */
function onwards(flow: Flow, at: Path, scope: Scope): Path | undefined {
  const step = stepAt(flow, at);
  if (step === undefined) return undefined;
  if (step.guard !== undefined && !step.guard.test(scope)) return pathAfter(flow, at);
  if (step.choice === undefined) return at;
  const branch = step.choice.condition.test(scope) ? 'then' : 'else';
  return step.choice[branch].length === 0 ? pathAfter(flow, at) : `${at}.${branch}.0`;
}

/** Whether it depends on the run's story which step comes first at this place. */
export function isOpen(step: Step | undefined): boolean {
  return step !== undefined && (step.guard !== undefined || step.choice !== undefined);
}
