/**
 * What a person or a program is here. The four of people are a ladder: each may do all that those
 * before it may. Agents stand beside it, and so does a run's own token: both may only tell.
 */
export type Role = PersonRole | 'agent' | 'run';

/** What a person may be. */
export type PersonRole = 'viewer' | 'operator' | 'approver' | 'admin';

/** What a route or a command asks of whoever calls it. */
export type Right =
  /** To ask who one is: every token may. */
  | 'identify'
  /** To record events. */
  | 'emit'
  /** To look at the log and at all that is folded from it. */
  | 'read'
  /** To start, repair, pause and reload. */
  | 'operate'
  /** To say yes or no to what waits for a person. */
  | 'decide'
  /** To hand out tokens, and to take them back. */
  | 'administer';

export const RIGHTS: readonly Right[] = [
  'identify',
  'emit',
  'read',
  'operate',
  'decide',
  'administer',
];

/** From the weakest to the strongest. */
export const PERSON_ROLES: readonly PersonRole[] = ['viewer', 'operator', 'approver', 'admin'];

/** What a token may be made for; those of runs are made by the daemon alone. */
export const TOKEN_ROLES = ['viewer', 'agent', 'operator', 'approver', 'admin'] as const;
export type TokenRole = (typeof TOKEN_ROLES)[number];

/** The one table of who may do what. What does not stand here, nobody may. */
const RIGHTS_OF: Readonly<Record<Role, ReadonlySet<Right>>> = {
  run: new Set(['identify', 'emit']),
  agent: new Set(['identify', 'emit']),
  viewer: new Set(['identify', 'read']),
  operator: new Set(['identify', 'emit', 'read', 'operate']),
  approver: new Set(['identify', 'emit', 'read', 'operate', 'decide']),
  admin: new Set(['identify', 'emit', 'read', 'operate', 'decide', 'administer']),
};

/** Whether a role may do something. */
export function may(role: Role, right: Right): boolean {
  return RIGHTS_OF[role].has(right);
}

/** The roles that may do something, in the order of the table. */
export function rolesWith(right: Right): Role[] {
  return (Object.keys(RIGHTS_OF) as Role[]).filter((role) => may(role, right));
}

/** The strongest of a person's roles; undefined for a person who has none. */
export function strongest(roles: readonly PersonRole[]): PersonRole | undefined {
  return PERSON_ROLES.findLast((role) => roles.includes(role));
}

/**
 * What a token of a person may do: never more than the token says, nor than the person may by now.
 * Undefined where that is nothing.
 */
export function weaker(role: TokenRole, of: PersonRole | undefined): TokenRole | undefined {
  if (of === undefined || role === 'agent') return undefined;
  return PERSON_ROLES.indexOf(role) <= PERSON_ROLES.indexOf(of) ? role : of;
}
