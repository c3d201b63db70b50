import type { Step } from '../flows/flow.ts';
import type { JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';
import { isUndoing } from './position.ts';
import { timedOut } from './settle.ts';

/** A run that comes to its end by conditions: it had nothing to do, or it did all there was. */
export function endOf(motion: Motion, step: Step, now: number): JournalEvent {
  const { output, hasMoved, run } = motion;
  const place = { at: run.at, step: step.id };
  // What need not be undone by its condition is undone.
  if (isUndoing(run.at)) return { type: 'run.noop', ...place };
  const { failing } = motion.passing(step, now);
  if (failing !== undefined) return { type: 'run.failed', ...failing };
  if (!hasMoved) return { type: 'run.noop', ...place };
  return { type: 'run.succeeded', ...place, output, skipped: true };
}

/** How a run ends whose time is over, or that nobody waits for any more; undefined for others. */
export function overdue(motion: Motion, step: Step, now: number): JournalEvent | undefined {
  const { run } = motion;
  if (isUndoing(run.at)) return undefined;
  if (isForsaken(motion)) {
    const reason = 'the run that it was opened for has ended or gone on';
    return { type: 'run.cancelled', at: run.at, step: step.id, by: 'signalbox', reason };
  }
  return now < motion.deadline ? undefined : timedOut(run, motion.passing(step, now));
}

/** Whether a run was opened by a fork that its run has left, or ended at. */
function isForsaken({ fork }: Motion): boolean {
  if (fork === undefined || fork.isWanted) return false;
  return fork.step.fork.kind !== 'call' || fork.step.fork.close === 'cancel';
}

/** The run and those in these hands that it left its steps to, but for one that goes on alone. */
export function partsOf({ id }: Motion, held: ReadonlyMap<number, Motion>): ReadonlySet<number> {
  const parts = [...held.values()].filter((each) => isPartOf(each, id));
  return new Set([id, ...parts.map((each) => each.id)]);
}

function isPartOf(motion: Motion, run: number): boolean {
  for (let { fork } = motion; fork !== undefined; { fork } = fork.parent) {
    const { fork: way } = fork.step;
    if (way.kind === 'call' && way.close === 'abandon') return false;
    if (fork.parent.id === run) return true;
  }
  return false;
}
