import type { Risk } from '../flows/flow.ts';
import type { Judgement } from './judge.ts';

/** What is to become of a step before it is called, and why. */
export interface Verdict {
  readonly verdict: 'ask' | 'approve' | 'reject';
  /** The rule that has answered; null where a person is asked. */
  readonly policy: string | null;
  readonly risk: Risk;
  /** Why a person is asked, and why the risk is what it is, each a sentence. */
  readonly reasons: readonly string[];
}

/**
 * A judgement as it is recorded. Where somebody started the run to be asked, nothing that acts or
 * has a gate is done without a word of theirs, but what is refused stays so.
 */
export function verdictOf(judgement: Judgement, interactive: boolean): Verdict {
  const { answer, by, risk, note } = judgement;
  const reasons = risk.reasons.map(({ reason }) => reason);
  const isAsked = asksAnyway(judgement, interactive);
  const verdict = isAsked ? 'ask' : answer;
  const policy = verdict === 'ask' ? null : by.replace(/^policy: /, '');
  const why = verdict === 'ask' ? [isAsked ? INTERACTIVE : askedBy(by)] : [];
  const more = note === undefined ? [] : [note];
  return { verdict, policy, risk: risk.level, reasons: [...why, ...more, ...reasons] };
}

/** Whether somebody is asked only since they started the run to be asked. */
export function asksAnyway({ answer, isAskable }: Judgement, interactive: boolean): boolean {
  return interactive && isAskable && answer === 'approve';
}

const INTERACTIVE = 'The run was started with --interactive.';

function askedBy(by: string): string {
  switch (by) {
    case 'gate':
      return 'The flow has a gate here.';
    case 'question':
      return 'Somebody asks a person.';
    case 'untrusted':
      return 'What started the run, or a model with tools, is somebody whom nobody vouches for.';
    case 'autonomy: 1':
      return 'At autonomy 1 a person says yes to each step that acts.';
    case 'policy: threshold':
      return 'The risk is not below the threshold.';
    default:
      return `The policy "${by.replace(/^policy: /, '')}" says so.`;
  }
}
