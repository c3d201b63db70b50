import { approversOf } from '../gates/decide.ts';
import type { Proposal } from '../gates/proposal.ts';
import { LINK_MS_DEFAULT, LINK_MS_MAX, type LinkClaims } from '../gates/signed-link.ts';
import type { People } from '../identity/people.ts';
import { formatDuration } from '../std/duration.ts';
import { isObject, type Json } from '../std/json.ts';
import type { Urgency } from './urgency.ts';

/** The records that people are told of: that somebody is asked, and that nobody has answered. */
export const NOTICE_TYPES: ReadonlySet<string> = new Set([
  'proposal.opened',
  'proposal.reminded',
  'proposal.escalated',
]);

/** What is told of a proposal, and by which of its records. */
export interface Occasion {
  readonly type: string;
  /** The payload of the record. */
  readonly data: Json;
  /** The record's id as shown: what is told is told once by it. */
  readonly id: string;
  /** When the record came, in engine time. */
  readonly received: number;
  /** The proposal's id as shown. */
  readonly shown: string;
  readonly proposal: Proposal;
}

/** Who there is, and who hears of every proposal. */
export interface Audience {
  readonly people: People;
  /** `gates.notify`: channels and people. */
  readonly everybody: readonly string[];
}

/** What one channel or person is told. */
export interface ProposalTelling {
  readonly name: string;
  readonly dedupe_id: string;
  readonly message: string;
  readonly urgency: Urgency;
  /** What its recipient may decide on by a link; undefined where they may not. */
  readonly decides: LinkClaims | undefined;
  /** Whether somebody has to hear of it: the flow names them, for the case that nobody answers. */
  readonly isOwed: boolean;
}

/**
 * Who is told of a proposal, and what. That it is open, and that it still is, hear those of its
 * approvers who have channels, and `everybody`; an escalation hear those whom it names. Pure.
 */
export function tellingsOf(occasion: Occasion, { people, everybody }: Audience): ProposalTelling[] {
  const { type, data, id, proposal } = occasion;
  const approvers = approversOf(proposal, people);
  const isOwed = type === 'proposal.escalated';
  const reachable = approvers.filter((name) => (people[name]?.channels.length ?? 0) > 0);
  const names = isOwed ? namesIn(data) : [...reachable, ...everybody];
  const message = messageOf(occasion);
  const urgency = isOwed || proposal.risk === 'high' ? 'high' : 'normal';
  return [...new Set(names)].map((name) => {
    const decides = approvers.includes(name) ? claimsOf(occasion, name) : undefined;
    return { name, dedupe_id: `${id}/${name}`, message, urgency, decides, isOwed };
  });
}

function namesIn(data: Json): string[] {
  const { to, channels } = isObject(data) ? data : {};
  return [to, channels].flatMap((list) => (Array.isArray(list) ? (list as string[]) : []));
}

function claimsOf({ shown, proposal, received }: Occasion, person: string): LinkClaims {
  const expires = proposal.expires ?? received + LINK_MS_DEFAULT;
  const { hash } = proposal;
  return { proposal: shown, hash, person, expires: Math.min(expires, received + LINK_MS_MAX) };
}

function messageOf({ type, data, shown, received, proposal }: Occasion): string {
  const { flow, step, risk, summary, expires } = proposal;
  const what = summary === null ? '' : `: ${summary}`;
  const end = expires === null ? '' : ` It expires in ${formatDuration(expires - received)}.`;
  const look = ` Look with: signalbox proposals show ${shown}`;
  return `${openingOf(type, data)}: ${flow}, step ${step}, risk ${risk}${what}.${end}${look}`;
}

function openingOf(type: string, data: Json): string {
  const waiting = isObject(data) ? data['waiting_ms'] : undefined;
  const since = typeof waiting === 'number' ? ` for ${formatDuration(waiting)}` : '';
  switch (type) {
    case 'proposal.reminded':
      return `Still waiting for an answer${since}`;
    case 'proposal.escalated':
      return `Nobody has answered${since}`;
    default:
      return 'Waiting for an answer';
  }
}
