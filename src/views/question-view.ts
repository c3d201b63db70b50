import type { ProposalView } from './proposal-view.ts';
import type { ProposalState } from '../gates/proposal.ts';

/** What became of a question, as its asker sees it. Times are ISO 8601. */
export interface QuestionView {
  /** Null where a rule allowed it and nobody had to be asked. */
  readonly id: string | null;
  readonly state: ProposalState;
  /** What was answered, where it offered choices and the answer is yes. */
  readonly choice: string | null;
  readonly by: string | null;
  readonly at: string | null;
  readonly reason: string | null;
  /** The policy that answered in a person's place. */
  readonly policy: string | null;
  /** When no answer becomes a no. */
  readonly expires: string | null;
}

/** The proposal of a question as its asker sees it. */
export function viewQuestion({
  id,
  state,
  content,
  decision,
  expires,
}: ProposalView): QuestionView {
  const { by = null, at = null, reason = null, policy = null } = decision ?? {};
  const choice = state === 'approved' && content.kind === 'question' ? content.choice : null;
  return { id, state, choice, by, at, reason, policy, expires };
}
