import { describe, expect, test } from 'vitest';
import { countedVotes, decide, type Decider, expired, whoOf } from '../../src/gates/decide.ts';
import {
  evolveProposal,
  opened,
  type Proposal,
  type ProposalOpened,
} from '../../src/gates/proposal.ts';
import type { People } from '../../src/identity/people.ts';
import { seededRandom } from '../../src/std/random.ts';

const HASH = 'a'.repeat(64);
const PEOPLE: People = {
  lead: { roles: ['approver'], channels: [] },
  dev: { roles: ['approver'], channels: [] },
  ops: { roles: ['admin'], channels: [] },
  guest: { roles: ['viewer'], channels: [] },
};
const OWNER: Decider = { who: 'owner', by: 'owner', role: 'admin' };
const LEAD: Decider = { who: 'lead', by: 'lead#1', role: 'approver' };
const DEV: Decider = { who: 'dev', by: 'dev#2', role: 'approver' };
const context = { now: 1_000, people: PEOPLE, stands: (): boolean => true };

function proposal(more: Partial<ProposalOpened> = {}): Proposal {
  return opened({
    type: 'proposal.opened',
    run: 'r',
    flow: 'f',
    step: 's',
    canonical: '{}',
    hash: HASH,
    input: {},
    unbound: [],
    summary: null,
    risk: 'medium',
    reasons: [],
    evidence: [],
    approvers: [],
    quorum: 1,
    expires: 2_000,
    on_expire: 'reject',
    proposers: [],
    remind: null,
    escalate: [],
    replaces: null,
    decided: null,
    ...more,
  });
}

const yes = { decision: 'approve', hash: HASH, reason: null } as const;

function code(
  on: Proposal,
  by: Decider,
  {
    request = yes,
    people = PEOPLE,
    now = 1_000,
  }: {
    request?: Parameters<typeof decide>[1];
    people?: People;
    now?: number;
  } = {},
): string {
  const outcome = decide(on, request, by, { ...context, people, now });
  return outcome.kind === 'refused' ? `${outcome.status} ${outcome.code}` : outcome.kind;
}

describe('who may decide (S33, S35)', () => {
  test.each(['agent', 'run', 'viewer', 'operator'] as const)('never the role %s', (role) => {
    expect(code(proposal(), { ...LEAD, role })).toBe('403 proposal.forbidden');
    expect(code(proposal({ approvers: ['lead'] }), { ...LEAD, role })).toBe(
      '403 proposal.forbidden',
    );
  });

  test('those who are named, and nobody else', () => {
    const named = proposal({ approvers: ['lead'] });
    expect(code(named, LEAD)).toBe('decided');
    expect(code(named, DEV)).toBe('403 proposal.foreign');
    expect(code(named, OWNER)).toBe('403 proposal.foreign');
  });

  test('those of a role, and of a stronger one', () => {
    const named = proposal({ approvers: ['admin'] });
    expect(code(named, LEAD)).toBe('403 proposal.foreign');
    expect(code(named, { who: 'ops', by: 'ops', role: 'admin' })).toBe('decided');
    expect(code(named, OWNER)).toBe('decided');
    expect(code(named, { who: 'token:9', by: 'x#9', role: 'admin' })).toBe('403 proposal.foreign');
  });

  test('the owner, where a name is nobody’s, and all until people are named', () => {
    const named = proposal({ approvers: ['somebody'], proposers: ['owner'] });
    expect(code(named, LEAD)).toBe('403 proposal.foreign');
    expect(code(named, OWNER)).toBe('403 proposal.own');
    expect(code(named, OWNER, { people: {} })).toBe('decided');
  });

  test('not the proposer, whose content would run; but to reject it', () => {
    const own = proposal({ proposers: ['lead', 'token:1'] });
    expect(code(own, LEAD)).toBe('403 proposal.own');
    expect(code(own, DEV)).toBe('decided');
    expect(code(own, LEAD, { request: { ...yes, decision: 'reject' } })).toBe('decided');
  });

  test('who stands in for somebody, as long as that one may decide and has not proposed it', () => {
    const named = proposal({ approvers: ['lead'] });
    const standsFor = (who: string): string[] => (who === 'dev' ? ['lead'] : []);
    const kind = (on: Proposal, lost: readonly string[] = []): string => {
      const stands = (who: string): boolean => !lost.includes(who);
      return decide(on, yes, DEV, { ...context, stands, standsFor }).kind;
    };
    expect(kind(named)).toBe('decided');
    expect(kind(named, ['lead'])).toBe('refused');
    expect(kind(proposal({ approvers: ['lead'], proposers: ['lead'] }))).toBe('refused');
  });

  test('is one name for a person, whatever their tokens', () => {
    expect(whoOf({ person: 'lead', token: '1' })).toBe('lead');
    expect(whoOf({ token: 'owner' })).toBe('owner');
    expect(whoOf({ token: '7' })).toBe('token:7');
  });
});

describe('what is decided on (F62)', () => {
  test('is exactly what was seen, while it is open and in time', () => {
    expect(code(proposal(), LEAD, { request: { ...yes, hash: 'b'.repeat(64) } })).toBe(
      '409 proposal.changed',
    );
    expect(code(proposal(), LEAD, { now: 2_000 })).toBe('409 proposal.expired');
    expect(code(proposal({ expires: null }), LEAD, { now: 9e9 })).toBe('decided');
    const outcome = decide(proposal(), yes, LEAD, context);
    if (outcome.kind !== 'decided') throw new Error(outcome.kind);
    const after = evolveProposal(proposal(), outcome.event);
    expect(after).toMatchObject({ state: 'approved', decision: { by: 'lead#1' } });
    expect(code(after, DEV)).toBe('409 proposal.decided');
  });

  test('ends at its time, once', () => {
    expect(expired(proposal(), 1_999)).toBeUndefined();
    const event = expired(proposal(), 2_000);
    expect(event).toMatchObject({ type: 'proposal.expired', decision: 'expire' });
    expect(event && expired(evolveProposal(proposal(), event), 3_000)).toBeUndefined();
    expect(expired(proposal({ expires: null }), 9e9)).toBeUndefined();
  });
});

describe('a quorum (S35)', () => {
  const two = proposal({ quorum: 2 });
  const first = decide(two, yes, LEAD, context);
  const voted = first.kind === 'voted' ? evolveProposal(two, first.event) : two;

  test('needs distinct people: the same one twice is refused', () => {
    expect(first.kind).toBe('voted');
    expect(code(voted, { ...LEAD, by: 'lead#other' })).toBe('409 proposal.voted');
    expect(code(voted, DEV)).toBe('decided');
  });

  test('does not count the vote of an approver who was revoked since', () => {
    const { lead: _, ...left } = PEOPLE;
    const stands = (who: string): boolean => who in left;
    expect(countedVotes(voted, HASH, { people: left, stands })).toEqual([]);
    expect(decide(voted, yes, DEV, { now: 1_000, people: left, stands }).kind).toBe('voted');
  });

  test('begins anew where somebody approves an edited form', () => {
    const edited = { input: {}, canonical: '{"b":1}', hash: 'c'.repeat(64) };
    const second = decide(voted, { ...yes, edited }, DEV, context);
    if (second.kind !== 'voted') throw new Error(second.kind);
    const after = evolveProposal(voted, second.event);
    expect(after.hash).toBe(edited.hash);
    expect(code(after, LEAD)).toBe('409 proposal.changed');
    expect(code(after, LEAD, { request: { ...yes, hash: edited.hash } })).toBe('decided');
  });
});

test('of any words in any order one ends a proposal, with enough people on one hash', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = seededRandom(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const quorum = 1 + Math.floor(random() * 3);
    let state = proposal({ quorum, proposers: [pick(['lead', 'nobody'])] });
    let ends = 0;
    const approvals = new Map<string, Set<string>>();
    for (let i = 0; i < 20; i++) {
      const by = pick([LEAD, DEV, OWNER, { who: 'ops', by: 'ops', role: 'admin' } as const]);
      const role = pick([by.role, by.role, 'agent' as const]);
      const request = {
        decision: pick(['approve', 'approve', 'approve', 'reject', 'return'] as const),
        hash: pick([state.hash, state.hash, 'd'.repeat(64)]),
        reason: null,
        edited:
          random() < 0.1 ? { input: {}, canonical: '', hash: `${i}`.padEnd(64, 'e') } : undefined,
      };
      const outcome = decide(state, request, { ...by, role }, { ...context, now: i * 150 });
      if (outcome.kind === 'refused') continue;
      expect(role).not.toBe('agent');
      expect(request.hash).toBe(state.hash);
      expect(i * 150).toBeLessThan(2_000);
      const { hash } = outcome.event;
      const isYes = request.decision === 'approve';
      expect(isYes && state.proposers.includes(by.who)).toBe(false);
      if (isYes) approvals.set(hash, (approvals.get(hash) ?? new Set()).add(by.who));
      state = evolveProposal(state, outcome.event);
      if (outcome.kind === 'decided') ends++;
      const isEnough = (approvals.get(hash)?.size ?? 0) >= quorum;
      expect(state.state === 'approved' && !isEnough).toBe(false);
    }
    expect(ends).toBeLessThanOrEqual(1);
  }
});
