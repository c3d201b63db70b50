import { hash } from 'node:crypto';
import { z } from 'zod';
import { randomSecret, randomText } from '../std/random.ts';
import { TOKEN_ROLES, type TokenRole } from './roles.ts';

const ID_LENGTH = 10;

/**
 * What tokens begin with, so that whoever finds one, or a scanner of repositories, knows what it
 * is: `sbt_` for people, programs and agents, `sbr_` for runs, `sbs_` for browsers, `sbl_` in
 * links.
 */
export type TokenPrefix = 'sbt_' | 'sbr_' | 'sbs_' | 'sbl_';

/** A secret that nobody guesses. It is shown once, and kept nowhere. */
export function newSecret(prefix: TokenPrefix): string {
  return prefix + randomSecret();
}

/** The name of a token that may be shown. */
export function newTokenId(): string {
  return `tk${randomText(ID_LENGTH)}`;
}

/**
 * What is kept of a secret. It has 260 bits of chance in it, so no salt and no slow hash are
 * needed: nobody can try them all. What is compared are digests, whose beginning tells nothing of a
 * secret.
 */
export function digestOf(secret: string): string {
  return hash('sha256', secret, 'base64url');
}

/** What is kept of a token. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly role: TokenRole;
  /** Whose it is, where it is a person's. */
  readonly person: string | null;
  readonly digest: string;
  /** Engine times in milliseconds. */
  readonly created: number;
  readonly expires: number | null;
  /** To the minute. */
  readonly used: number | null;
  /** Who made it. */
  readonly by: string;
}

/** A token as people may see it: without anything that would let somebody in. */
export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly role: TokenRole;
  readonly person: string | null;
  readonly state: 'valid' | 'expired';
  /** ISO 8601. */
  readonly created: string;
  readonly created_by: string;
  readonly expires: string | null;
  readonly last_used: string | null;
}

/** Whether a token's time is over. */
export function isExpired({ expires }: Pick<Token, 'expires'>, now: number): boolean {
  return expires !== null && now >= expires;
}

/** The token for whoever lists them. */
export function viewToken(token: Token, now: number): TokenView {
  const { id, name, role, person, by, created, expires, used } = token;
  return {
    id,
    name,
    role,
    person,
    state: isExpired(token, now) ? 'expired' : 'valid',
    created: new Date(created).toISOString(),
    created_by: by,
    expires: isoOf(expires),
    last_used: isoOf(used),
  };
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

const storedSchema = z.object({
  name: z.string(),
  role: z.enum(TOKEN_ROLES),
  person: z.string().nullable(),
  digest: z.string(),
  created: z.number(),
  expires: z.number().nullable(),
  used: z.number().nullable(),
  by: z.string(),
});

/** The token as its row keeps it. */
export function writeToken(token: Token): string {
  const { name, role, person, digest, created, expires, used, by } = token;
  return JSON.stringify({ name, role, person, digest, created, expires, used, by });
}

/** The token that a row keeps; undefined for what is none, which then lets nobody in. */
export function readToken(id: string, row: string): Token | undefined {
  try {
    return { id, ...storedSchema.parse(JSON.parse(row)) };
  } catch {
    return undefined;
  }
}
