import { attributionOf } from '../events/attribution.ts';
import { didYouMean } from '../std/diagnostics.ts';
import { OUTPUT_LENGTH_MAX } from './attempt.ts';
import type { Decision, JournalEvent } from './journal.ts';
import { isOpen, type Motion } from './motion.ts';
import { compensate } from './compensate.ts';
import { isUndoing, type Path, stepAt, stepsFrom, undoneAt } from './position.ts';
import {
  type Case,
  hasBranches,
  isRefusal,
  type Refusal,
  refuse,
  type StepVerdict,
  underWay,
} from './refusal.ts';
import { complete } from './settle.ts';
import { leftBy } from './saga.ts';
import { undoReopened, undoRetried } from './undo-repair.ts';

/**
 * The end of the run as it stands, whatever it is about to do; what it did is undone. Pure, as are
 * all of these rules.
 */
export function cancelled({ motion, now }: Case, decision: Decision): JournalEvent | Refusal {
  const { run, flow } = motion;
  if (run.ended !== null) return ended(motion);
  // One whose flow is lost undoes nothing any more, and can only be ended.
  if (isUndoing(run.at) && motion.saga !== undefined) return isUndone(motion);
  const step = stepAt(flow, run.at)?.id ?? run.at;
  const end: JournalEvent = { type: 'run.cancelled', at: run.at, step, ...said(decision) };
  return compensate(motion, end, { due: now });
}

/** The end of the run, also of one that is being undone: what it did, or has not undone, stays. */
export function killed({ motion }: Case, decision: Decision): JournalEvent | Refusal {
  const { run, flow, saga } = motion;
  if (run.ended !== null) return ended(motion);
  const step = stepAt(flow, run.at)?.id ?? run.at;
  const end = { type: 'run.cancelled', at: run.at, step, ...said(decision) } as const;
  const left = saga === undefined ? [] : leftBy(saga, motion);
  return left.length === 0 ? end : { ...end, left };
}

function isUndone({ shownId }: Motion): Refusal {
  const message = `What run ${shownId} did is being undone already`;
  return refuse('run.compensating', `${message}; pass over an undo by: signalbox runs skip`);
}

/** The run held where it rests. */
export function paused({ motion }: Case, decision: Decision): JournalEvent | Refusal {
  const { run, shownId } = motion;
  const { state, at, due, reason: because } = run;
  if (run.ended !== null) return ended(motion);
  if (state === 'paused') return refuse('run.paused', `Run ${shownId} is paused already.`);
  if (state === 'queued' || state === 'waiting') {
    return { type: 'run.paused', at, state, due, because, ...said(decision) };
  }
  const message =
    `Run ${shownId} was under way when its daemon ended, and nobody has taken it up yet; ` +
    'start a daemon, or try again in a moment.';
  return refuse('run.elsewhere', message);
}

/** The run as it was before it was paused. One that stands at a fork looks at its branches. */
export function resumed({ motion, last, now }: Case, decision: Decision): JournalEvent | Refusal {
  const { run, shownId, forkedAt } = motion;
  const { at } = run;
  if (run.ended !== null) return ended(motion);
  if (run.state !== 'paused') {
    return refuse('run.not_paused', `Run ${shownId} is not paused: it is ${run.state}.`);
  }
  const { state, due, because } = last?.type === 'run.paused' ? last : BEFORE_ITS_STEP;
  // Branches that ended meanwhile have left it to their run to go on.
  // An event that came meanwhile was shown to nobody.
  const wakes = forkedAt !== undefined || motion.wait !== undefined || last?.type !== 'run.paused';
  return { type: 'run.resumed', at, state, due: wakes ? now : due, because, ...said(decision) };
}

const BEFORE_ITS_STEP = { state: 'waiting', due: null, because: null } as const;

/** The run before the step `from`, or the one at which it stands or with which it failed. */
export function retried(
  { motion, last, now }: Case,
  decision: Decision,
  from: string | undefined,
): JournalEvent | Refusal {
  if (isUndoing(motion.run.at)) return undoRetried({ motion, last, now }, decision, from);
  const at = retryAt(motion, last, from);
  return isRefusal(at) ? at : reopening(motion, decision, { at, due: now });
}

/** A run that has failed, opened and held before a step: what is said of that comes next. */
export function reopened({ motion, last }: Case, verdict: StepVerdict): JournalEvent | Refusal {
  const { run, shownId } = motion;
  if (isUndoing(run.at)) return undoReopened(motion, verdict);
  if (run.branch === null && run.ended !== null && run.state !== 'failed') {
    const how = `signalbox runs retry ${shownId} --from ${verdict.step}`;
    return ended(motion, `; to do it again from that step: ${how}`);
  }
  const at = retryAt(motion, last, verdict.step);
  if (isRefusal(at)) return at;
  if (stepAt(motion.flow, at)?.kind === 'gate') return isGate(motion, verdict.step);
  return reopening(motion, verdict, { at, due: null });
}

function reopening(
  { run, flow }: Motion,
  decision: Decision,
  { at, due }: { readonly at: Path; readonly due: number | null },
): JournalEvent {
  const step = stepAt(flow, at)?.id ?? at;
  const before = run.ended === null ? null : (run.state as 'failed');
  return { type: 'run.retried', at, step, due, ended: before, ...said(decision) };
}

/** The run behind the step at which it rests. */
export function settled(
  { motion, last, now }: Case,
  { step: name, output, ...decision }: StepVerdict,
): JournalEvent | Refusal {
  const { run, flow, shownId } = motion;
  const step = stepAt(flow, run.at);
  if (run.ended !== null) return ended(motion);
  if (run.state === 'running') return underWay(motion);
  if (isUnbegun(motion, last)) return unbegun(motion);
  if (step === undefined || !isCalled(motion, step.id, name)) {
    const here = step?.id ?? run.at;
    const message = `Run ${shownId} does not stand at step "${name}" but at "${here}".`;
    return absent(motion, name) ?? refuse('step.elsewhere', message);
  }
  if (motion.forkedAt !== undefined) return hasBranches(motion);
  // An undo that was declined is passed over by a person: nothing comes behind that needs the yes.
  if (step.kind === 'gate' && (isOpen(motion.approval) || !isUndoing(run.at)))
    return isGate(motion, step.id);
  const { length } = JSON.stringify(output);
  if (length > OUTPUT_LENGTH_MAX) {
    const message = `The output has ${length} characters; at most ${OUTPUT_LENGTH_MAX} are kept.`;
    return refuse('repair.invalid', message);
  }
  const besides = { due: now, decision: said(decision) };
  return compensate(motion, complete(run, motion.passing(step, now), output, besides), besides);
}

/** What a gate alone gives is somebody's yes, and whoever repairs runs need not be allowed that. */
function isGate({ shownId, approval }: Motion, step: string): Refusal {
  const todo = isOpen(approval) ? 'approve or reject what it proposes' : 'retry it to be asked';
  return refuse('gate.open', `Step "${step}" of run ${shownId} is a gate; ${todo}.`);
}

/** What undoes a step may be named as that step. */
function isCalled({ run, flow }: Motion, step: string, name: string): boolean {
  if (step === name) return true;
  return isUndoing(run.at) && stepAt(flow, undoneAt(run.at))?.id === name;
}

function retryAt(
  motion: Motion,
  last: JournalEvent | undefined,
  from: string | undefined,
): Path | Refusal {
  const { run, shownId, flow, start } = motion;
  const at = last?.type === 'run.failed' ? last.at : run.at;
  const refusal = mayRetry(motion, last, from !== undefined);
  if (refusal !== undefined) return refusal;
  if (from === undefined) return at;
  const unknown = absent(motion, from);
  if (unknown !== undefined) return unknown;
  const steps = [...stepsFrom(flow, start)];
  const place = steps.findIndex(([, step]) => step.id === from);
  const reached = steps.findIndex(([path]) => path === at);
  if (place <= reached) return steps[place]?.[0] ?? at;
  return refuse('step.not_reached', `Run ${shownId} has not come to step "${from}" yet.`);
}

function mayRetry(
  motion: Motion,
  last: JournalEvent | undefined,
  isNamed: boolean,
): Refusal | undefined {
  const { run, shownId, forkedAt } = motion;
  if (run.branch !== null && run.ended !== null) {
    const message = `This is a branch of run ${shownId}, and has ended; retry the run.`;
    return refuse('run.branch', message);
  }
  if (run.state === 'running') return underWay(motion);
  if (isUnbegun(motion, last)) return unbegun(motion);
  if (forkedAt !== undefined) return hasBranches(motion);
  if (run.state === 'succeeded' && !isNamed) {
    const message = `Run ${shownId} has succeeded; say from which step it is to be done again.`;
    return refuse('run.succeeded', message);
  }
  return undefined;
}

/** That the run comes to no such step, and to which it does. */
function absent({ flow, start, shownId }: Motion, name: string): Refusal | undefined {
  const ids = Array.from(stepsFrom(flow, start), ([, { id }]) => id);
  if (ids.includes(name)) return undefined;
  const meant = didYouMean(name, ids);
  const hint = meant === undefined ? `there are ${ids.join(', ')}.` : `did you mean "${meant}"?`;
  return refuse('step.absent', `Run ${shownId} has no step "${name}"; ${hint}`);
}

/** Whether it waits for its first slot, or would if it were not paused: limits decide on that. */
function isUnbegun({ run }: Motion, last: JournalEvent | undefined): boolean {
  return run.state === 'queued' || (last?.type === 'run.paused' && last.state === 'queued');
}

function unbegun({ run, shownId }: Motion): Refusal {
  const todo = run.state === 'paused' ? 'resume it' : 'let it wait for its turn';
  const message = `Nothing of run ${shownId} has begun yet; ${todo}, or cancel it.`;
  return refuse('run.queued', message);
}

function said(decision: Decision): Decision {
  return { ...attributionOf(decision), reason: decision.reason };
}

function ended({ run, shownId }: Motion, todo = '.'): Refusal {
  return refuse('run.ended', `Run ${shownId} has ended already: it is ${run.state}${todo}`);
}
