import { urgencyOf } from '../channels/urgency.ts';
import type { ActionStep, Flow, Step } from '../flows/flow.ts';
import { isAction } from '../runs/next.ts';
import { emitShape } from './emit.ts';
import { notifyShape } from './notify.ts';
import { sleepShape } from './sleep.ts';
import { waitShape } from './wait.ts';

/** Kinds whose call takes a moment whatever they are given: what rests holds no slot. */
const MOMENTARY: ReadonlySet<string> = new Set([
  notifyShape.kind,
  emitShape.kind,
  sleepShape.kind,
  waitShape.kind,
]);

/**
 * Whether all that a flow does is to tell people, and what it tells may be critical: then no run of
 * another flow may hold it up. None of its steps takes more than a moment; a choice between such
 * steps is one. An urgency that is only known when it is filled in may be critical.
 */
export function isCriticalNotice({ steps, onFailure = [] }: Flow): boolean {
  const all = [...steps, ...onFailure].flatMap(withChoices);
  const isBrief = all.every((step) => isAction(step) && isMomentary(step));
  return isBrief && all.some((step) => isAction(step) && mayBeCritical(step));
}

/** The step, or all that its choices may lead to. */
function withChoices(step: Step): readonly Step[] {
  const { choice } = step;
  return choice === undefined ? [step] : [...choice.then, ...choice.else].flatMap(withChoices);
}

function isMomentary({ kind, compensate, verify }: ActionStep): boolean {
  return MOMENTARY.has(kind) && compensate === undefined && verify === undefined;
}

function mayBeCritical({ kind, input }: ActionStep): boolean {
  if (kind !== notifyShape.kind || typeof input !== 'object' || input === null) return false;
  const word = 'urgency' in input ? input.urgency : undefined;
  if (typeof word !== 'string') return word !== undefined;
  return urgencyOf(word) === 'critical';
}
