import { type Attribution, attributionOf } from '../events/attribution.ts';
import { type People, personOf } from '../identity/people.ts';
import { may, PERSON_ROLES, type PersonRole, type Role, strongest } from '../identity/roles.ts';
import type {
  DecisionWord,
  Edited,
  Proposal,
  ProposalDecided,
  ProposalVoted,
  Vote,
} from './proposal.ts';

/** Who decides, as far as the rules look at it. */
export interface Decider extends Attribution {
  /** One name for one person, however many tokens they have: `whoOf`. */
  readonly who: string;
  readonly role: Role;
}

/** What somebody says of a proposal. */
export interface DecisionRequest {
  readonly decision: DecisionWord;
  /** What they have seen: they decide on this and nothing else. */
  readonly hash: string;
  readonly reason: string | null;
  /** What is to run in place of what was proposed. */
  readonly edited?: Edited | undefined;
}

/** What a decision looks at beside the proposal. */
export interface DecisionContext {
  /** Engine time. */
  readonly now: number;
  readonly people: People;
  /** Whether somebody who approved before may still decide anything. */
  readonly stands: (who: string) => boolean;
  /** The people in whose place somebody may decide now; nobody where it is left out. */
  readonly standsFor?: ((who: string) => readonly string[]) | undefined;
}

/** Why a decision changes nothing. */
export interface DecisionRefusal {
  readonly kind: 'refused';
  /** Such as `proposal.decided`. */
  readonly code: string;
  readonly message: string;
  /** 403: not for you; 409: not any more, or not this. */
  readonly status: 403 | 409;
}

export type DecisionOutcome =
  | { readonly kind: 'decided'; readonly event: ProposalDecided }
  /** Counted; more people must say the same. */
  | { readonly kind: 'voted'; readonly event: ProposalVoted }
  | DecisionRefusal;

/** The name under which the owner of the data directory decides. */
export const OWNER_NAME = 'owner';

/** One name for whoever decides: the person, the owner, or the token that is no person's. */
export function whoOf(of: {
  readonly person?: string | undefined;
  readonly token: string;
}): string {
  return of.person ?? (of.token === OWNER_NAME ? OWNER_NAME : `token:${of.token}`);
}

/**
 * Somebody who decides by their name alone, with what they may by now: the owner, or a person. Who
 * is neither may decide nothing.
 */
export function deciderNamed(who: string, said: Attribution, people: People): Decider {
  const by = attributionOf(said);
  if (who === OWNER_NAME) return { who, ...by, role: 'admin' };
  return { who, ...by, role: strongest(personOf(people, who)?.roles ?? []) ?? 'run' };
}

/**
 * What becomes of a proposal that somebody says something of. The first word that is valid wins:
 * whoever writes the event does so on the version that was read. Pure.
 */
export function decide(
  proposal: Proposal,
  request: DecisionRequest,
  by: Decider,
  context: DecisionContext,
): DecisionOutcome {
  const { decision, hash, edited } = request;
  const refusal =
    notAllowed(proposal, by, context) ??
    notOpen(proposal, context.now) ??
    notThis(proposal, request) ??
    (decision === 'approve' ? notByThem(proposal, by, context.people) : undefined);
  if (refusal !== undefined) return refusal;
  if (decision !== 'approve') return decided(proposal, request, by, context.now);
  const votes = countedVotes(proposal, edited?.hash ?? hash, context);
  if (votes.some(({ who }) => who === by.who)) {
    const message = `You have approved this already; ${proposal.quorum} different people must.`;
    return refuse(409, 'proposal.voted', message);
  }
  if (votes.length + 1 >= proposal.quorum) return decided(proposal, request, by, context.now);
  const { who } = by;
  const said = attributionOf(by);
  const voted = { type: 'proposal.voted', ...said, who, at: context.now } as const;
  const event = edited === undefined ? { ...voted, hash } : { ...voted, hash: edited.hash, edited };
  return { kind: 'voted', event };
}

/** The end of a proposal whose time is over; undefined where it is not, or has ended. */
export function expired(proposal: Proposal, now: number): ProposalDecided | undefined {
  const { state, expires, hash } = proposal;
  if (state !== 'open' || expires === null || now < expires) return undefined;
  const said = { by: 'signalbox', who: null, at: now, reason: 'nobody answered in time' };
  return { type: 'proposal.expired', ...said, decision: 'expire', policy: null, hash };
}

/** The end of a proposal that nobody needs to answer any more. */
export function withdrawn(
  { hash }: Pick<Proposal, 'hash'>,
  { reason, ...by }: Attribution & { readonly reason: string | null },
  now: number,
): ProposalDecided {
  const said = { ...attributionOf(by), who: null, at: now, reason };
  return { type: 'proposal.withdrawn', ...said, decision: 'withdraw', policy: null, hash };
}

/** The approvals of a hash that count: of those who may still decide, each once. */
export function countedVotes(
  proposal: Proposal,
  hash: string,
  context: Omit<DecisionContext, 'now'>,
): Vote[] {
  const valid = proposal.votes.filter(
    (vote) =>
      vote.hash === hash && context.stands(vote.who) && mayAnswer(proposal, vote.who, context),
  );
  return [...new Map(valid.map((vote) => [vote.who, vote])).values()];
}

/** The people who may approve it by what they are now: those who are asked, but for whose it is. */
export function approversOf(proposal: Proposal, people: People): string[] {
  return Object.entries(people).flatMap(([name, { roles }]) => {
    const decides = may(strongest(roles) ?? 'run', 'decide') && isNamed(proposal, name, people);
    return decides && !proposal.proposers.includes(name) ? [name] : [];
  });
}

/** Whether somebody is among those who may decide it, whatever their token may. */
function isNamed({ approvers }: Proposal, who: string, people: People): boolean {
  if (approvers.length === 0 || isFree(who, people)) return true;
  const role = strongest(personOf(people, who)?.roles ?? []);
  return approvers.some((name) => {
    if (personOf(people, name) !== undefined) return name === who;
    const named = PERSON_ROLES.find((each) => each === name);
    // A name of nobody is the owner's.
    return named === undefined ? who === OWNER_NAME : isAtLeast(role, named, who);
  });
}

function isAtLeast(role: PersonRole | undefined, least: PersonRole, who: string): boolean {
  if (who === OWNER_NAME) return true;
  return role !== undefined && PERSON_ROLES.indexOf(role) >= PERSON_ROLES.indexOf(least);
}

/** Until people are named, the owner may decide everything. */
function isFree(who: string, people: People): boolean {
  return who === OWNER_NAME && Object.keys(people).length === 0;
}

/** Whether somebody is named, or stands in for one who is, has not proposed it, and still may. */
function mayAnswer(
  proposal: Proposal,
  who: string,
  { people, stands, standsFor = () => [] }: Omit<DecisionContext, 'now'>,
): boolean {
  if (isNamed(proposal, who, people)) return true;
  const others = standsFor(who).filter(
    (person) => !proposal.proposers.includes(person) && stands(person),
  );
  return others.some((person) => isNamed(proposal, person, people));
}

function notAllowed(
  proposal: Proposal,
  by: Decider,
  context: Omit<DecisionContext, 'now'>,
): DecisionRefusal | undefined {
  if (!may(by.role, 'decide')) {
    const message = `A token with the role "${by.role}" decides nothing.`;
    return refuse(403, 'proposal.forbidden', message);
  }
  if (mayAnswer(proposal, by.who, context)) return undefined;
  const message = `This is for ${proposal.approvers.join(', ')} to decide.`;
  return refuse(403, 'proposal.foreign', message);
}

function notOpen({ state, decision, expires }: Proposal, now: number): DecisionRefusal | undefined {
  if (decision !== null) {
    const message = `The proposal is ${state} already, by ${decision.by}; nothing was changed.`;
    return refuse(409, 'proposal.decided', message);
  }
  if (expires === null || now < expires) return undefined;
  return refuse(409, 'proposal.expired', 'Its time is over; nothing was changed.');
}

function notThis({ hash }: Proposal, request: DecisionRequest): DecisionRefusal | undefined {
  if (request.hash === hash) return undefined;
  const message = 'What is proposed has another hash than what you decided on; look at it again.';
  return refuse(409, 'proposal.changed', message);
}

/** Nobody says yes to what would run of their own. */
function notByThem(
  { proposers }: Proposal,
  { who }: Decider,
  people: People,
): DecisionRefusal | undefined {
  if (!proposers.includes(who) || isFree(who, people)) return undefined;
  const message = 'What would run is your own, so somebody else has to approve it.';
  return refuse(403, 'proposal.own', message);
}

function decided(
  proposal: Proposal,
  { decision, reason, edited }: DecisionRequest,
  by: Decider,
  now: number,
): DecisionOutcome {
  const type = TYPE_OF[decision];
  const hash = edited?.hash ?? proposal.hash;
  const said = { ...attributionOf(by), who: by.who, at: now, decision, reason, policy: null, hash };
  const event = edited === undefined ? { type, ...said } : { type, ...said, edited };
  return { kind: 'decided', event };
}

const TYPE_OF = {
  approve: 'proposal.approved',
  reject: 'proposal.rejected',
  return: 'proposal.returned',
} as const;

function refuse(status: 403 | 409, code: string, message: string): DecisionRefusal {
  return { kind: 'refused', code, message, status };
}
