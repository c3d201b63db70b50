import { endsRun, type JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';
import { isUndoing, stepAt } from './position.ts';
import type { StepError } from './step-kind.ts';

/** Records that one run may have. */
export const RECORDS_MAX = 10_000;
/** Characters that the records of one run may have together. */
export const HISTORY_LENGTH_MAX = 33_554_432;

/** Why a run may not go on: its history is too long. Undefined where there is room. */
export function historyProblem({
  records,
  length,
}: Pick<Motion, 'records' | 'length'>): StepError | undefined {
  if (records < RECORDS_MAX && length < HISTORY_LENGTH_MAX) return undefined;
  const much = records < RECORDS_MAX ? `${length} characters` : `${records} records`;
  const most = `${RECORDS_MAX} records or ${HISTORY_LENGTH_MAX} characters`;
  const remedy = 'let it "call" another flow with "detach: true" that does the rest';
  const message = `The run's history has ${much}; at most ${most} are kept: ${remedy}.`;
  return { code: 'run.history_limit', message, happened: 'no' };
}

/** The record, unless the run's history has no room for it: then the one with which it fails. */
export function bounded(motion: Motion, record: JournalEvent): JournalEvent {
  // What was done has to be undone however long that takes: what is undone is counted itself.
  const mayGoOn = endsRun(record) || isUndoing(motion.run.at);
  const problem = mayGoOn ? undefined : historyProblem(motion);
  const step = problem === undefined ? undefined : stepAt(motion.flow, motion.run.at);
  if (problem === undefined || step === undefined) return record;
  const { at, attempt } = motion.run;
  return { type: 'run.failed', at, step: step.id, attempt, error: problem };
}
