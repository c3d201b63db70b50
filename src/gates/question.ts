import { canonicalJson, sha256 } from '../std/canonical-json.ts';
import { isObject, type Json } from '../std/json.ts';
import { bind, type Binding, type QuestionContent } from './content.ts';
import type { Edited, ProposalOpened } from './proposal.ts';
import type { Verdict } from './verdict.ts';

/** How long a question may be, how many answers it may offer, and how long each may be. */
export const QUESTION_LENGTH_MAX = 4_096;
export const CHOICES_MAX = 20;
export const CHOICE_LENGTH_MAX = 200;

/** The flow that a question belongs to: none does, and the log says so by this word. */
export const QUESTION_FLOW = 'ask';
const STEP = 'question';

/** What somebody wants to know of a person. */
export interface Question {
  readonly question: string;
  /** The first of them is what a plain yes means; none where yes and no are all. */
  readonly choices: readonly string[];
  /** What the asker is about to do, where they say it. */
  readonly act: { readonly [field: string]: Json } | null;
  /** Who asks, as the log says it. */
  readonly by: string;
  /** The request by which they ask. */
  readonly request?: string | undefined;
  /** What led to it. */
  readonly evidence?: readonly Json[];
}

/** What a question is opened under. */
export interface QuestionTerms {
  readonly verdict: Verdict;
  /** Engine time. */
  readonly now: number;
  readonly expiresMs: number | undefined;
  readonly approvers: readonly string[];
  /** Who cannot say yes to it. */
  readonly proposers: readonly string[];
}

/** The first record of a question's proposal. */
export function openingOfQuestion(asked: Question, terms: QuestionTerms): ProposalOpened {
  const { verdict, now, expiresMs, approvers, proposers } = terms;
  const { verdict: answer, policy, risk, reasons } = verdict;
  const choice = asked.choices[0] ?? null;
  const decided = {
    by: `policy:${policy ?? ''}`,
    at: now,
    decision: answer === 'reject' ? 'reject' : 'approve',
    reason: null,
    policy,
  } as const;
  return {
    type: 'proposal.opened',
    run: null,
    flow: QUESTION_FLOW,
    step: STEP,
    ...bound(asked, choice),
    input: { choice },
    unbound: ['what the asker does with the answer'],
    summary: null,
    risk,
    reasons,
    evidence: [...(asked.evidence ?? []), { kind: 'asker', by: asked.by, ...requestOf(asked) }],
    approvers,
    quorum: 1,
    expires: expiresMs === undefined ? null : now + expiresMs,
    on_expire: 'reject',
    proposers,
    remind: null,
    escalate: [],
    replaces: null,
    decided: answer === 'ask' ? null : decided,
  };
}

/** Another answer than the first in a yes; or why it is none of those that are offered. */
export function otherChoice(
  { canonical }: Pick<ProposalOpened, 'canonical'>,
  input: Json,
): Edited | { readonly problem: string } {
  const { content } = JSON.parse(canonical) as { readonly content: QuestionContent };
  const choice = isObject(input) ? input['choice'] : undefined;
  if (typeof choice !== 'string' || !content.choices.includes(choice)) {
    const offered = content.choices.join(', ');
    const problem =
      offered === ''
        ? 'The question offers no choices: approve or reject it.'
        : `The question is answered by one of: ${offered}.`;
    return { problem };
  }
  return { input: { choice }, ...bound(content, choice) };
}

function requestOf({ request }: Question): { readonly request?: string } {
  return request === undefined ? {} : { request };
}

function bound(
  { question, choices, act, by }: Omit<QuestionContent, 'kind' | 'choice'>,
  choice: string | null,
): Binding {
  const content: QuestionContent = { kind: 'question', question, choices, choice, act, by };
  return bind({
    version: 1,
    key: QUESTION_FLOW,
    flow: QUESTION_FLOW,
    step: STEP,
    kind: 'question',
    catalog: '',
    content,
    input: sha256(canonicalJson({ choice })),
    files: [],
  });
}
