import type { Flow, Step } from '../flows/flow.ts';
import type { Scope } from '../flows/scope.ts';
import { messageOf } from '../std/errors.ts';

/**
 * Places in the tree of a flow, as paths: `2` is the third step, `2.then.0` the first step of what
 * its choice does where its condition holds. A path never changes its meaning: a run is pinned to
 * its flow.
 */
export type Path = string;

/** The step at a path; undefined where the flow has none. */
export function stepAt(flow: Flow, at: Path): Step | undefined {
  // Nearly all paths are those of a plain list.
  if (!at.includes('.')) return flow.steps[Number(at)];
  let list: readonly Step[] = flow.steps;
  let step: Step | undefined;
  for (const segment of at.split('.')) {
    if (segment === 'then' || segment === 'else') {
      list = step?.choice?.[segment] ?? [];
      step = undefined;
    } else {
      step = list[Number(segment)];
      list = [];
    }
  }
  return step;
}

/** All steps with their paths, in the order in which they are written. */
export function* stepsWithin(steps: readonly Step[], within = ''): Generator<[Path, Step]> {
  for (const [index, step] of steps.entries()) {
    const at = `${within}${index}`;
    yield [at, step];
    if (step.choice === undefined) continue;
    yield* stepsWithin(step.choice.then, `${at}.then.`);
    yield* stepsWithin(step.choice.else, `${at}.else.`);
  }
}

/** The path behind one: the next of its list, or what follows the choice that the list ends. */
export function pathAfter(flow: Flow, at: Path): Path | undefined {
  const dot = at.lastIndexOf('.');
  const next = `${at.slice(0, dot + 1)}${Number(at.slice(dot + 1)) + 1}`;
  if (stepAt(flow, next) !== undefined) return next;
  if (dot === -1) return undefined;
  return pathAfter(flow, at.slice(0, at.lastIndexOf('.', dot - 1)));
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
