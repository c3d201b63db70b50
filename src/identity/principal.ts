import { may, type Right, type Role } from './roles.ts';

/** Who asks: decided anew for each request, so that what was taken back is gone at once. */
export interface Principal {
  /** The person's name, or the token's where it is no person's. */
  readonly name: string;
  readonly role: Role;
  /** The id of the token; `owner` for the one of the first start. */
  readonly token: string;
  /** Whose it is, where it is a person's. */
  readonly person?: string | undefined;
  /** The run that it may speak for, and nothing else. */
  readonly run?: RunPlace | undefined;
}

/** Where what a run's own token records stands in the chain of causes. */
export interface RunPlace {
  /** The seq of the run's first record. */
  readonly id: number;
  readonly correlation: string;
  readonly hops: number;
  /** What came in untrusted goes on untrusted. */
  readonly untrusted: boolean;
  /** What was started to be asked goes on asking. */
  readonly interactive?: boolean | undefined;
}

/** The token that is made at the first start; its file says who owns the data directory. */
export const OWNER: Principal = { name: 'owner', role: 'admin', token: 'owner' };

/** Whether somebody may do something. */
export function allows({ role }: Principal, right: Right): boolean {
  return may(role, right);
}

/** Who it was, as the log says it: the name, and behind a `#` the id of the token. */
export function actorOf({ name, token }: Principal): string {
  return name === token ? name : `${name}#${token}`;
}
