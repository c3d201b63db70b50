import { attributionOf } from '../events/attribution.ts';
import { undoId } from '../flows/saga.ts';
import { didYouMean } from '../std/diagnostics.ts';
import type { EndState } from '../store/contract.ts';
import type { Decision, JournalEvent, RunRetried } from './journal.ts';
import type { Motion } from './motion.ts';
import { type Path, stepAt, undoneAt, undoPath } from './position.ts';
import {
  type Case,
  hasBranches,
  isRefusal,
  type Refusal,
  refuse,
  type StepVerdict,
  underWay,
} from './refusal.ts';
import { type Registered, stuckOf } from './saga.ts';

/**
 * The undo named `from` to be tried again, or all that are stuck; where the run is still undoing
 * other things, the one at which it stands. Pure, as are all of these rules.
 */
export function undoRetried(
  { motion, now }: Case,
  decision: Decision,
  from: string | undefined,
): JournalEvent | Refusal {
  const { run } = motion;
  if (run.state === 'compensated') return isUndone(motion);
  if (run.ended !== null) {
    const items = stuckNamed(motion, from);
    return isRefusal(items) ? items : retried(motion, decision, { items, due: now });
  }
  if (run.state === 'running') return underWay(motion);
  if (motion.forkedAt !== undefined) return hasBranches(motion);
  const here = stepAt(motion.flow, undoneAt(run.at))?.id;
  if (from !== undefined && from !== here && from !== undoId(here ?? '')) {
    const message = `Run ${motion.shownId} undoes step "${here}" at the moment`;
    return refuse('step.elsewhere', `${message}; let it come to its end.`);
  }
  return retried(motion, decision, { items: [], due: now });
}

/** A run that is stuck, opened and held before an undo: what is said of that comes next. */
export function undoReopened(motion: Motion, verdict: StepVerdict): JournalEvent | Refusal {
  if (motion.run.state === 'compensated') return isUndone(motion);
  const items = stuckNamed(motion, verdict.step);
  if (isRefusal(items)) return items;
  return retried(motion, verdict, { items: items.slice(-1), due: null });
}

function isUndone({ shownId, run }: Motion): Refusal {
  const todo = `start it anew: signalbox trigger ${run.flow}`;
  return refuse('run.compensated', `All that run ${shownId} did is undone; ${todo}`);
}

/** What is stuck, or of this what has the name of its step or of its undo. */
function stuckNamed(
  { saga, shownId }: Motion,
  name: string | undefined,
): readonly Registered[] | Refusal {
  const stuck = saga === undefined ? [] : stuckOf(saga);
  if (name === undefined) return stuck;
  const named = stuck.filter(({ step }) => step === name || undoId(step) === name);
  if (named.length > 0) return named;
  const ids = stuck.map(({ step }) => step);
  const meant = didYouMean(name, ids);
  const hint = meant === undefined ? `stuck are ${ids.join(', ')}.` : `did you mean "${meant}"?`;
  return refuse('step.absent', `Step "${name}" of run ${shownId} is not stuck; ${hint}`);
}

function retried(
  { run, flow }: Motion,
  { reason, ...by }: Decision,
  { items, due }: { readonly items: readonly Registered[]; readonly due: number | null },
): RunRetried {
  const last = items.at(-1);
  const at: Path = last === undefined ? run.at : undoPath(last.at);
  const step = stepAt(flow, at)?.id ?? at;
  const ended = run.ended === null ? null : (run.state as EndState);
  return {
    type: 'run.retried',
    at,
    step,
    due,
    ended,
    undo: items.map((item) => item.at),
    ...attributionOf(by),
    reason,
  };
}
