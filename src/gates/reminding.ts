import { type People, personOf } from '../identity/people.ts';
import type { Proposal } from './proposal.ts';

/** What has been said of a proposal that nobody has answered. */
export interface Reminded {
  readonly reminded: number;
  readonly escalated: boolean;
}

/** What is said of it next, and when. */
export interface Notice {
  readonly kind: 'remind' | 'escalate';
  /** Engine time. */
  readonly at: number;
}

/** How often somebody is reminded of one proposal at most. */
export const REMINDERS_MAX = 10;
/** When a proposal is escalated that says neither when to remind nor when it expires. */
const ESCALATE_MS = 3_600_000;

/**
 * What is to be said next of an open proposal; undefined where nothing is left. People are reminded
 * each time that `remind` has passed; whom it is escalated to, hears once: after the second of
 * these times, else after half of its own time, else after an hour.
 */
export function nextNotice(
  { remind, escalate, expires }: Pick<Proposal, 'remind' | 'escalate' | 'expires'>,
  openedAt: number,
  { reminded, escalated }: Reminded,
): Notice | undefined {
  const half = expires === null ? ESCALATE_MS : (expires - openedAt) / 2;
  const escalateMs = remind === null ? half : 2 * remind;
  const call: Notice | undefined =
    escalated || escalate.length === 0
      ? undefined
      : { kind: 'escalate', at: openedAt + escalateMs };
  const again: Notice | undefined =
    remind === null || reminded >= REMINDERS_MAX
      ? undefined
      : { kind: 'remind', at: openedAt + remind * (reminded + 1) };
  const [first] = [again, call]
    .filter((notice) => notice !== undefined)
    .filter(({ at }) => expires === null || at < expires)
    .toSorted((a, b) => a.at - b.at);
  return first;
}

/** Whom something is told: people by their names, and channels by theirs. */
export interface Addressees {
  readonly to: readonly string[];
  readonly channels: readonly string[];
}

/** Names of people and of channels, told apart: what is no person is a channel. */
export function addressees(names: readonly string[], people: People): Addressees {
  const isPerson = (name: string): boolean => personOf(people, name) !== undefined;
  return {
    to: names.filter(isPerson),
    channels: names.filter((name) => !isPerson(name)),
  };
}

/** Whoever may answer a proposal, as far as they are people; the owner where none is. */
export function approversToRemind(
  { approvers }: Pick<Proposal, 'approvers'>,
  people: People,
): string[] {
  const named = Object.entries(people).flatMap(([name, { roles }]) =>
    approvers.includes(name) || roles.some((role) => approvers.includes(role)) ? [name] : [],
  );
  return named.length === 0 ? ['owner'] : named;
}
