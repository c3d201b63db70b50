import type { Effect, Gate, Risk } from '../flows/flow.ts';
import type { Content } from './content.ts';
import type { Judgement } from './judge.ts';

/** A step that a run has come to, as far as it is known before anything is filled in. */
export interface Candidate {
  /** The gate that its flow has written beside it. */
  readonly gate?: Gate | undefined;
  readonly kind: string;
  readonly effect: Effect;
  /** Whether somebody started the run to be asked before each step that acts. */
  readonly interactive: boolean;
}

/** The same with what it would do. */
export interface Question extends Candidate {
  readonly flow: string;
  readonly step: string;
  readonly content: Content;
  /** The paths that it is about. */
  readonly paths: readonly string[];
}

/** What is to become of a step before it is called, and why. */
export interface Verdict {
  /** `approve` without a policy: nothing is recorded, and the step is called. */
  readonly verdict: 'ask' | 'approve' | 'reject';
  /** The rule that has answered; null where none has. */
  readonly policy: string | null;
  readonly risk: Risk;
  /** Why the risk is what it is, each for people. */
  readonly reasons: readonly string[];
}

/** Kinds of steps that do nothing outside of the run, so that nobody is asked about them. */
const INERT: ReadonlySet<string> = new Set(['sleep', 'wait']);

/**
 * Whether a step has to be judged at all: asked of every call, so it costs next to nothing. Where
 * it says no, `judge` would approve without a policy.
 */
export function isJudged({ gate, kind, interactive }: Candidate): boolean {
  return gate !== undefined || (interactive && !INERT.has(kind));
}

/**
 * Says whether a step may be called, must not be, or is to be asked about. The one place that
 * does, for steps with a gate and without. Pure.
 */
export function judge(question: Question): Verdict {
  const { gate } = question;
  const risk = gate?.risk ?? 'medium';
  if (!isJudged(question)) return { verdict: 'approve', policy: null, risk, reasons: [] };
  const reason = gate === undefined ? INTERACTIVE : askedBy('gate');
  return { verdict: 'ask', policy: null, risk, reasons: [reason] };
}

/**
 * A judgement as it is recorded. Where somebody started the run to be asked, nothing is done
 * without a word of theirs, but what is refused stays so.
 */
export function verdictOf({ answer, by, risk, note }: Judgement, interactive: boolean): Verdict {
  const reasons = risk.reasons.map(({ reason }) => reason);
  const verdict = interactive && answer === 'approve' ? 'ask' : answer;
  const policy = verdict === 'ask' ? null : by.replace(/^policy: /, '');
  const why = verdict === 'ask' ? [interactive ? INTERACTIVE : askedBy(by)] : [];
  const more = note === undefined ? [] : [note];
  return { verdict, policy, risk: risk.level, reasons: [...why, ...more, ...reasons] };
}

const INTERACTIVE = 'the run was started with --interactive';

function askedBy(by: string): string {
  switch (by) {
    case 'gate':
      return 'the flow has a gate here';
    case 'question':
      return 'somebody asks a person';
    case 'untrusted':
      return 'what started the run came from somebody whom nobody vouches for';
    case 'autonomy: 1':
      return 'at autonomy 1 a person says yes to each step that acts';
    case 'policy: threshold':
      return 'the risk is not below the threshold';
    default:
      return `the policy "${by.replace(/^policy: /, '')}" says so`;
  }
}
