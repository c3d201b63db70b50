import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link lets its holder do: look at one proposal, and decide on exactly that as somebody. */
export interface LinkClaims {
  /** The proposal's id as shown. */
  readonly proposal: string;
  /** What is decided on: as soon as the proposal has another hash, the link is none any more. */
  readonly hash: string;
  /** Whose word it is: a person, or `owner`. */
  readonly person: string;
  /** By the daemon's clock. */
  readonly expires: number;
}

/** Why a text is no link, or none any more. */
export type LinkProblem = 'forged' | 'expired';

/** How long a link may be good for, and how long it is where nobody says. */
export const LINK_MS_MAX = 30 * 86_400_000;
export const LINK_MS_DEFAULT = 24 * 3_600_000;
const LENGTH_MAX = 2_048;

/** The text of a link: what it says, and that the holder of the key says so. */
export function signLink(claims: LinkClaims, key: Uint8Array): string {
  const { proposal, hash, person, expires } = claims;
  const said = Buffer.from(JSON.stringify([proposal, hash, person, expires])).toString('base64url');
  return `${said}.${signatureOf(said, key)}`;
}

/** What a link says; a text that the key did not sign says nothing. Never throws. */
export function readLink(text: string, key: Uint8Array, now: number): LinkClaims | LinkProblem {
  const [said = '', signature = '', more] = text.length > LENGTH_MAX ? [] : text.split('.');
  if (more !== undefined || !isSame(signature, signatureOf(said, key))) return 'forged';
  // Whoever could sign it wrote it with `signLink`.
  const read = JSON.parse(Buffer.from(said, 'base64url').toString()) as Fields;
  const [proposal, hash, person, expires] = read;
  return now < expires ? { proposal, hash, person, expires } : 'expired';
}

type Fields = readonly [proposal: string, hash: string, person: string, expires: number];

function signatureOf(said: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(`signalbox link v1 ${said}`).digest('base64url');
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
