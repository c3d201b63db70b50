import type { Attribution } from '../events/attribution.ts';
import type { Risk } from '../flows/flow.ts';
import type { Json } from '../std/json.ts';
import type { EntityColumns, EntityRow } from '../store/entity.ts';

/** The states of a proposal; only in `open` can anything be said of it. */
export const PROPOSAL_STATES = [
  'open',
  'approved',
  'rejected',
  'returned',
  'expired',
  'withdrawn',
] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** What a person may say of a proposal. */
export const DECISIONS = ['approve', 'reject', 'return'] as const;
export type DecisionWord = (typeof DECISIONS)[number];

/** The terms under which a proposal is decided. They never change. */
export interface Terms {
  /** The people and roles who may decide; empty where whoever may decide anything may. */
  readonly approvers: readonly string[];
  /** How many people must approve the same hash. */
  readonly quorum: number;
  /** When a yes comes too late, in engine time; null for never. */
  readonly expires: number | null;
  /** What no answer means for the run. */
  readonly on_expire: OnExpire;
  /** Whose content would run: they cannot approve it. */
  readonly proposers: readonly string[];
}

/** No answer is a no (`reject`), or a failure of the step (`fail`). */
export const ON_EXPIRE = ['reject', 'fail'] as const;
export type OnExpire = (typeof ON_EXPIRE)[number];

/** The first record of a proposal. */
export interface ProposalOpened extends Terms {
  readonly type: 'proposal.opened';
  /** The run's id as shown; null where no run asks. */
  readonly run: string | null;
  readonly flow: string;
  readonly step: string;
  /** What is bound, as RFC 8785 writes it: its `content` is what people are shown. */
  readonly canonical: string;
  /** SHA-256 of `canonical`. */
  readonly hash: string;
  /** All that the step is given: what `approve --with` takes an edited form of. */
  readonly input: Json;
  /** What decides what happens too, and is not bound. */
  readonly unbound: readonly string[];
  /** What the flow's author says of it. */
  readonly summary: string | null;
  readonly risk: Risk;
  readonly reasons: readonly string[];
  readonly evidence: readonly Json[];
  /** How long without an answer until somebody is reminded, in milliseconds. */
  readonly remind: number | null;
  /** Whom an unanswered proposal is escalated to. */
  readonly escalate: readonly string[];
  /** The proposal in whose place it stands, by its seq; null where it stands in none's. */
  readonly replaces: number | null;
  /** Where a policy has answered at once: what it said. */
  readonly decided: Decided | null;
}

/** Who has decided what. */
export interface Decided {
  readonly by: string;
  /** Engine time. */
  readonly at: number;
  readonly decision: DecisionWord | 'expire' | 'withdraw';
  readonly reason: string | null;
  /** The policy that answered in a person's place. */
  readonly policy: string | null;
}

/** An edited form that somebody approves in place of what was proposed. */
export interface Edited {
  readonly input: Json;
  readonly canonical: string;
  readonly hash: string;
}

/** One yes of several that are needed. */
export interface ProposalVoted extends Attribution {
  readonly type: 'proposal.voted';
  /** One name for one person, however many tokens they have. */
  readonly who: string;
  readonly at: number;
  readonly hash: string;
  readonly edited?: Edited;
}

/** What ends a proposal; its type is the state. */
export interface ProposalDecided extends Decided, Attribution {
  readonly type: `proposal.${Exclude<ProposalState, 'open'>}`;
  readonly who: string | null;
  /** What was decided on: of an edited approval, the hash of the edited form. */
  readonly hash: string;
  readonly edited?: Edited;
}

export type ProposalEvent = ProposalOpened | ProposalVoted | ProposalDecided;
export type ProposalType = ProposalEvent['type'];

/** What a fold keeps of a proposal: what a decision looks at. */
export interface Proposal extends Terms {
  readonly state: ProposalState;
  readonly run: string | null;
  readonly flow: string;
  readonly step: string;
  readonly hash: string;
  readonly risk: Risk;
  readonly summary: string | null;
  readonly votes: readonly Vote[];
  readonly decision: Decided | null;
  readonly remind: number | null;
  readonly escalate: readonly string[];
}

/** A yes that counts as long as whoever said it may decide. */
export interface Vote {
  readonly who: string;
  readonly by: string;
  readonly at: number;
  readonly hash: string;
}

/** A proposal as its first record makes it. */
export function opened(event: ProposalOpened): Proposal {
  const { approvers, quorum, expires, on_expire, proposers, decided } = event;
  const { run, flow, step, hash, risk, summary, remind, escalate } = event;
  return {
    state: decided === null ? 'open' : stateAfter(decided.decision),
    run,
    flow,
    step,
    hash,
    risk,
    summary,
    approvers,
    quorum,
    expires,
    on_expire,
    proposers,
    remind,
    escalate,
    votes: [],
    decision: decided,
  };
}

/** The proposal after one more of its records. Never throws. */
export function evolveProposal(proposal: Proposal, event: ProposalEvent): Proposal {
  switch (event.type) {
    case 'proposal.opened':
      return proposal;
    case 'proposal.voted': {
      const { who, by, at, hash } = event;
      return { ...proposal, hash, votes: [...proposal.votes, { who, by, at, hash }] };
    }
    default: {
      const { by, at, decision, reason, policy, hash } = event;
      const decided = { by, at, decision, reason, policy };
      return { ...proposal, state: stateAfter(decision), hash, decision: decided };
    }
  }
}

/** The state that a decision leads to. */
export function stateAfter(decision: Decided['decision']): Exclude<ProposalState, 'open'> {
  switch (decision) {
    case 'approve':
      return 'approved';
    case 'reject':
      return 'rejected';
    case 'return':
      return 'returned';
    case 'expire':
      return 'expired';
    case 'withdraw':
      return 'withdrawn';
  }
}

/** The row of a proposal; `run` is the seq of its run, `received` the time of its last record. */
export function columnsOf(
  proposal: Proposal,
  { run, received }: { readonly run: number | null; readonly received: number },
): EntityColumns {
  const { state, ...rest } = proposal;
  return {
    kind: 'proposal',
    state,
    run,
    due: state === 'open' ? proposal.expires : null,
    ended: state === 'open' ? null : received,
    data: JSON.stringify(rest),
  };
}

/** The proposal that a row holds. */
export function proposalOf({ state, data }: Pick<EntityRow, 'state' | 'data'>): Proposal {
  return { ...(JSON.parse(data) as Proposal), state: state as ProposalState };
}

/** The payload of a record: the event without its type, which is the record's own. */
export function encodeProposal(event: ProposalEvent): string {
  return JSON.stringify({ ...event, type: undefined });
}

/** The edited form that stands in place of what was proposed; undefined where none does. */
export function editedOf(events: readonly ProposalEvent[]): Edited | undefined {
  return events.reduce<Edited | undefined>(
    (found, event) => ('edited' in event ? (event.edited ?? found) : found),
    undefined,
  );
}

const TYPES: ReadonlySet<string> = new Set<ProposalType>([
  'proposal.opened',
  'proposal.voted',
  'proposal.approved',
  'proposal.rejected',
  'proposal.returned',
  'proposal.expired',
  'proposal.withdrawn',
]);

/** Reads a record of a proposal back; undefined for a record of another kind. */
export function decodeProposal(record: {
  readonly type: string;
  readonly data: string;
}): ProposalEvent | undefined {
  if (!TYPES.has(record.type)) return undefined;
  return { type: record.type, ...(JSON.parse(record.data) as object) } as ProposalEvent;
}
