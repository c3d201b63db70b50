import type { Flow, Step } from '../../flows/flow.ts';
import { undoId } from '../../flows/saga.ts';
import { canonicalJson } from '../../std/canonical-json.ts';
import type { Json } from '../../std/json.ts';
import { isAction } from '../next.ts';
import { stepsOf } from '../position.ts';
import type { Side } from './left-to.ts';
import type { RecordedRun } from './recording.ts';
import { retrace } from './retrace.ts';
import type { AtEnd, AtStep, Stand } from './stand.ts';

/** Whether a run would go its way again. */
export type Comparison =
  /** `isOpen` where it has not ended: the same as far as it has come. */
  | { readonly kind: 'same'; readonly steps: number; readonly isOpen: boolean }
  | { readonly kind: 'differs'; readonly steps: number; readonly difference: Difference }
  /** It is the same for so many steps, and behind them nobody can tell. */
  | { readonly kind: 'unknown'; readonly steps: number; readonly reason: string };

/** Where two definitions of a flow first part. */
export interface Difference {
  readonly what: DifferenceKind;
  /** In which branch or called run; empty for the run itself. */
  readonly within: string;
  /** What the run did there; null where that is nothing. */
  readonly then: Doing | null;
  /** What it would do now. */
  readonly now: Doing | null;
}

/**
 * A step that is new, or gone, or not the one that followed; one that is given something else, or
 * is another thing to do; one that asks first, or does not; one for which there is no record; and
 * another end.
 */
export type DifferenceKind = 'added' | 'gone' | 'other' | 'input' | 'gate' | 'record' | 'end';

/** What a run does at a place, as one of two definitions has it. */
export interface Doing {
  /** The step's id; null at the end. */
  readonly step: string | null;
  /** The kind of step, or the state in which the run ends; null where it stops. */
  readonly does: string | null;
  /** What it is given, or gives at its end. */
  readonly input: Json;
  /** Why it could not be filled in, or how the run failed. */
  readonly problem: string | null;
}

/** Steps that are compared of one run and those that it opened. */
const STEPS_MAX = 20_000;

/** Goes the way of a recorded run by its own definition and by another one, step by step. */
export function compareRun(
  run: RecordedRun,
  old: Side,
  now: { readonly flow: Flow; readonly side: Side },
): Comparison {
  const thens = retrace(run, run.flow, old);
  const nows = retrace(run, now.flow, now.side);
  let steps = 0;
  for (;;) {
    const one = thens.next();
    const other = nows.next();
    if (one.done === true) {
      const left = { what: 'other', within: '', then: null } as const;
      if (other.done !== true) return differs(steps, { ...left, now: sideOf(other.value) });
      return run.end === undefined
        ? { kind: 'same', steps, isOpen: true }
        : unknown(steps, 'its record cannot be followed by its own definition');
    }
    const doubt = doubtOf(one.value);
    if (doubt !== undefined) return unknown(steps, doubt);
    if (steps >= STEPS_MAX) return unknown(steps, `more than ${STEPS_MAX} steps are not compared`);
    const stand = other.done === true ? undefined : other.value;
    const difference = differenceOf(one.value, stand, { old, now: now.side });
    if (difference !== undefined) return differs(steps, difference);
    if (one.value.kind === 'step') steps++;
    else if (one.value.kind === 'end' && one.value.within === '')
      return { kind: 'same', steps, isOpen: false };
  }
}

function unknown(steps: number, reason: string): Comparison {
  return { kind: 'unknown', steps, reason };
}

function differs(steps: number, difference: Difference): Comparison {
  return { kind: 'differs', steps, difference };
}

/** Why the record itself is not to be followed here; undefined where it is. */
function doubtOf(stand: Stand): string | undefined {
  switch (stand.kind) {
    case 'stop':
      return stand.reason;
    case 'lost':
      return `the record does not say what came of step "${stand.step}"`;
    case 'step':
      if (stand.isRecorded || stand.isOpen) return undefined;
      return `its record has no step "${stand.step}", to which its own definition comes`;
    case 'end': {
      const { recorded, state } = stand;
      if (recorded === state) return undefined;
      return `it ended ${recorded ?? 'nowhere'}, where its own definition says ${state}`;
    }
  }
}

interface Sides {
  readonly old: Side;
  readonly now: Side;
}

function differenceOf(then: Stand, now: Stand | undefined, sides: Sides): Difference | undefined {
  const place = {
    within: now?.within ?? then.within,
    then: sideOf(then),
    now: now === undefined ? null : sideOf(now),
  };
  if (now?.kind === 'lost') return { what: 'record', ...place };
  if (then.kind === 'end' && now?.kind === 'end')
    return endDiffers(then, now) ? { what: 'end', ...place } : undefined;
  if (then.kind === 'step' && now?.kind === 'step' && isSameStep(then, now)) {
    const what = partOf(then, now);
    return what && { what, ...place };
  }
  if (now?.kind === 'step' && !hasStep(sides.old, now)) return { what: 'added', ...place };
  if (then.kind === 'step' && !hasStep(sides.now, then))
    return { what: 'gone', ...place, within: then.within };
  return { what: 'other', ...place };
}

/** Whether a step is there in other definitions, wherever it stands. */
function hasStep(side: Side, { flow: name, step: id }: AtStep): boolean {
  const flow = side.flow(name);
  if (flow === undefined) return false;
  const isIt = (step: Step): boolean => {
    if (step.id === id) return true;
    return isAction(step) && step.compensate !== undefined && undoId(step.id) === id;
  };
  return Array.from(stepsOf(flow), ([, step]) => step).some(isIt);
}

function isSameStep(one: AtStep, other: AtStep): boolean {
  return one.step === other.step && one.within === other.within && one.flow === other.flow;
}

/** What a step is about that is there in both. */
function partOf(then: AtStep, now: AtStep): DifferenceKind | undefined {
  const given = ({ does, input, problem }: AtStep): string =>
    canonicalJson([does, input, problem ?? null]);
  if (given(then) !== given(now)) return 'input';
  // What was asked without a gate, by a policy, has its answer on record as well.
  const isNew = now.asks && !then.asks && !then.asked && then.isRecorded;
  return isNew || (then.asks && !now.asks) ? 'gate' : undefined;
}

function endDiffers(then: AtEnd, now: AtEnd): boolean {
  const told = ({ within, state, output, reason }: AtEnd): string =>
    canonicalJson([within, state, output, reason]);
  return told(then) !== told(now);
}

function sideOf(stand: Stand): Doing {
  switch (stand.kind) {
    case 'step': {
      const { step, does, input, problem = null } = stand;
      return { step, does, input, problem };
    }
    case 'end':
      return { step: null, does: stand.state, input: stand.output, problem: stand.reason };
    case 'lost': {
      const { step, attempt } = stand;
      const problem = attempt === undefined ? 'its output is not on record' : `attempt ${attempt}`;
      return { step, does: null, input: null, problem };
    }
    case 'stop':
      return { step: null, does: null, input: null, problem: stand.reason };
  }
}
