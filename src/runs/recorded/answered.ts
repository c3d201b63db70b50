import type { ActionStep, Step } from '../../flows/flow.ts';
import { causeOf } from '../evolve.ts';
import type { JournalEvent } from '../journal.ts';
import type { Motion } from '../motion.ts';
import { complete, fail, settle } from '../settle.ts';
import type { StepResult } from '../step-kind.ts';
import type { Answer } from './recording.ts';

/** The record by which a run leaves a step for which that is on record: no result of a call. */
export function endedBy(
  motion: Motion,
  step: Step,
  answer: Answer,
  now: number,
): JournalEvent | undefined {
  const { run } = motion;
  const passing = motion.passing(step, now);
  const place = { at: run.at, step: step.id };
  switch (answer.kind) {
    case 'declined':
      if (passing.failing !== undefined) return { type: 'run.failed', ...passing.failing };
      return { type: 'run.declined', ...place, ...answer.decision, proposal: null };
    case 'cancelled':
      return { type: 'run.cancelled', ...place, ...answer.decision };
    case 'over': {
      const { attempt } = run;
      if (answer.bare) return { type: 'run.failed', ...place, attempt, error: answer.error };
      return fail(run, passing, answer.error);
    }
    case 'said':
      return complete(run, passing, answer.output, { decision: answer.decision });
    default:
      return undefined;
  }
}

/** The record that a result on record becomes, by what the definition says of such results. */
export function settledBy(
  motion: Motion,
  step: ActionStep,
  answer: Answer,
  now: number,
): JournalEvent {
  const ever = Number.POSITIVE_INFINITY;
  // How long it took is on record: no time is over that was not over then.
  const called = { ...motion.passing(step, now), since: ever, deadline: ever };
  return settle(motion.run, called, resultOf(answer), { now, random: () => 0 });
}

function resultOf(answer: Answer): StepResult {
  switch (answer.kind) {
    case 'done': {
      const { output, usage } = answer;
      return { kind: 'done', output, ...(usage && { usage }) };
    }
    case 'fail':
    case 'retry':
      return answer;
    case 'noop':
      return { kind: 'noop' };
    default:
      return { kind: 'done', output: null };
  }
}

/** Why a run has ended as it has; null where nothing says. */
export function reasonOf(entry: JournalEvent): string | null {
  if (entry.type === 'run.compensated') return causeOf(entry);
  if ('error' in entry && entry.error !== undefined) return entry.error.message;
  return 'reason' in entry ? entry.reason : null;
}
