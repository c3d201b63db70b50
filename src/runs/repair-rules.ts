import { didYouMean } from '../std/diagnostics.ts';
import type { Json } from '../std/json.ts';
import type { Decision, JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';
import { isAction } from './next.ts';
import { type Path, stepAt, stepsFrom } from './position.ts';
import { complete } from './settle.ts';

/** Why something is not done to a run. */
export interface Refusal {
  readonly kind: 'refused';
  /** Such as `run.ended`. */
  readonly code: string;
  readonly message: string;
}

/** Whether a rule says no. */
export function isRefusal(value: object | string): value is Refusal {
  return typeof value === 'object' && 'kind' in value;
}

/** What a person's word makes of a run as it stands: its next record, or a refusal. Pure. */
export const decide = {
  cancel({ run, flow, shownId }: Motion, decision: Decision): JournalEvent | Refusal {
    if (run.ended !== null) return ended(shownId, run.state);
    const step = stepAt(flow, run.at)?.id ?? run.at;
    return { type: 'run.cancelled', at: run.at, step, ...said(decision) };
  },

  pause({ run, shownId }: Motion, decision: Decision): JournalEvent | Refusal {
    if (run.ended !== null) return ended(shownId, run.state);
    const { state, at, due } = run;
    if (state === 'paused') return refuse('run.paused', `Run ${shownId} is paused already.`);
    if (state === 'queued' || state === 'waiting') {
      return { type: 'run.paused', at, state, due, ...said(decision) };
    }
    const message = `Run ${shownId} is under way, and nobody here works on it.`;
    return refuse('run.elsewhere', message);
  },

  resume(
    { run, shownId }: Motion,
    decision: Decision,
    paused: JournalEvent | undefined,
    now: number,
  ): JournalEvent | Refusal {
    if (run.ended !== null) return ended(shownId, run.state);
    if (run.state !== 'paused') {
      return refuse('run.not_paused', `Run ${shownId} is not paused: it is ${run.state}.`);
    }
    const back = paused?.type === 'run.paused' ? paused : ({ state: 'waiting', due: now } as const);
    const { state, due } = back;
    return { type: 'run.resumed', at: run.at, state, due, ...said(decision) };
  },

  retry(
    { run, flow }: Motion,
    decision: Decision,
    at: Path,
    due: number | null,
  ): JournalEvent | Refusal {
    const step = stepAt(flow, at)?.id ?? at;
    const before = run.ended === null ? null : (run.state as 'failed');
    return { type: 'run.retried', at, step, due, ended: before, ...said(decision) };
  },

  settle(
    motion: Motion,
    { step: name, output, ...decision }: Decision & { step: string; output: Json },
    now: number,
  ): JournalEvent | Refusal {
    const { run, flow, shownId } = motion;
    const step = stepAt(flow, run.at);
    if (run.ended !== null) return ended(shownId, run.state);
    if (run.state === 'running') {
      return refuse(
        'run.running',
        `Step "${step?.id}" of run ${shownId} is under way; pause the run first.`,
      );
    }
    if (step === undefined || step.id !== name) {
      const message = `Run ${shownId} does not stand at step "${name}" but at "${step?.id}".`;
      return refuse('step.elsewhere', message);
    }
    if (run.due === null && run.state === 'waiting' && !isAction(step)) {
      const what = `Step "${name}" of run ${shownId} has branches under way`;
      const message = `${what}; cancel the run or let them end.`;
      return refuse('step.forked', message);
    }
    return complete(run, motion.passing(step, now), output, { due: now, decision: said(decision) });
  },
};

/**
 * Where a run is to go back to: the step that is named, else the one at which it stands or with
 * which it failed.
 */
export function retryAt(
  motion: Motion,
  last: JournalEvent | undefined,
  from: string | undefined,
): Path | Refusal {
  const { run, shownId, flow, start } = motion;
  const at = last?.type === 'run.failed' ? last.at : run.at;
  const refusal = mayRetry(motion, from !== undefined);
  if (refusal !== undefined) return refusal;
  if (from === undefined) return at;
  const steps = [...stepsFrom(flow, start)];
  const place = steps.findIndex(([, step]) => step.id === from);
  if (place === -1) {
    const ids = steps.map(([, { id }]) => id);
    const meant = didYouMean(from, ids);
    const hint = meant === undefined ? `there are ${ids.join(', ')}` : `did you mean "${meant}"?`;
    return refuse('step.unknown', `Run ${shownId} has no step "${from}"; ${hint}`);
  }
  const reached = steps.findIndex(([path]) => path === at);
  if (place <= reached || reached === -1) return steps[place]?.[0] ?? at;
  return refuse('step.not_reached', `Run ${shownId} has not come to step "${from}" yet.`);
}

function mayRetry({ run, shownId }: Motion, named: boolean): Refusal | undefined {
  if (run.branch !== null && run.ended !== null) {
    const message = `This is a branch of run ${shownId} that has ended; retry the run.`;
    return refuse('run.branch', message);
  }
  if (run.state === 'running') {
    return refuse('run.running', `Run ${shownId} is under way; pause or cancel it first.`);
  }
  if (run.state === 'succeeded' && !named) {
    const remedy = 'say with "--from STEP" where it is to begin again';
    const message = `Run ${shownId} has succeeded; ${remedy}.`;
    return refuse('run.succeeded', message);
  }
  return undefined;
}

function said({ by, reason }: Decision): Decision {
  return { by, reason };
}

function ended(run: string, state: string): Refusal {
  return refuse('run.ended', `Run ${run} has ended already: it is ${state}.`);
}

function refuse(code: string, message: string): Refusal {
  return { kind: 'refused', code, message };
}
