import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A request as it came: its signature is over exactly these bytes. */
export interface SignedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How the senders of one kind prove who they are. */
export interface Scheme {
  /** What the headers claim; undefined where nothing in them can be checked. */
  readonly read: (headers: IncomingHttpHeaders) => Claim | undefined;
}

/** What a request claims, and what would have to be true. */
interface Claim {
  readonly signatures: readonly Buffer[];
  /** When it was signed, in milliseconds since 1970, where the signature covers that. */
  readonly signedAt?: number;
  readonly expect: (secret: string, body: Buffer) => Buffer;
}

/** Against what a request is held. */
export interface Proof {
  /** Any of them will do: while a secret is changed, the new and the old. */
  readonly secrets: readonly string[];
  readonly now: number;
  /** How far the sender's clock and the way here may differ from ours. */
  readonly toleranceMs: number;
}

export type Verdict = 'valid' | 'unsigned' | 'wrong' | 'stale';

/** Digest algorithms of generic signatures. */
export const ALGORITHMS = ['sha256', 'sha1', 'sha512'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** How generic signatures are written. */
export const ENCODINGS = ['hex', 'base64'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Signatures of one request that are looked at: a sender lists one for each of its keys. */
const SIGNATURES_MAX = 16;

/**
 * Whether one of the secrets made a request's signature, over its raw bytes.
 *
 * Never throws, whatever the headers hold. Says that a request is stale only to who knows a secret.
 */
export function verify(scheme: Scheme, { headers, body }: SignedRequest, proof: Proof): Verdict {
  const claim = scheme.read(headers);
  if (claim === undefined) return 'unsigned';
  const { signatures, signedAt, expect } = claim;
  const isValid = proof.secrets.some((secret) => {
    const expected = expect(secret, body);
    return signatures.slice(0, SIGNATURES_MAX).some((given) => isEqual(given, expected));
  });
  if (!isValid) return 'wrong';
  const isStale = signedAt !== undefined && !(Math.abs(proof.now - signedAt) <= proof.toleranceMs);
  return isStale ? 'stale' : 'valid';
}

/** GitHub: `X-Hub-Signature-256`; the SHA-1 beside it counts for nothing. */
export const githubScheme: Scheme = {
  read: (headers) => hmacClaim([prefixed(headers, 'x-hub-signature-256', 'sha256=')]),
};

/** Gitea and Forgejo, which also sign as GitHub does. */
export const giteaScheme: Scheme = {
  read: (headers) =>
    hmacClaim([
      headerOf(headers, 'x-gitea-signature') ??
        headerOf(headers, 'x-forgejo-signature') ??
        prefixed(headers, 'x-hub-signature-256', 'sha256='),
    ]),
};

/** GitLab: a signing token signs as Standard Webhooks do, a secret token is only sent along. */
export const gitlabScheme: Scheme = {
  read: (headers) =>
    headerOf(headers, 'webhook-signature') === undefined
      ? tokenClaim(headerOf(headers, 'x-gitlab-token'))
      : standardClaim(headers),
};

/** Standard Webhooks 1.0, symmetric (`v1`). */
export const standardScheme: Scheme = { read: standardClaim };

/** Slack: `v0:TIMESTAMP:BODY`. */
export const slackScheme: Scheme = {
  read(headers) {
    const timestamp = headerOf(headers, 'x-slack-request-timestamp');
    const before = `v0:${timestamp}:`;
    return stamped(timestamp, hmacClaim([prefixed(headers, 'x-slack-signature', 'v0=')], before));
  },
};

/** Stripe: `t=TIMESTAMP,v1=HEX,v1=HEX`, over `TIMESTAMP.BODY`. */
export const stripeScheme: Scheme = {
  read(headers) {
    const fields = (headerOf(headers, 'stripe-signature') ?? '').split(',').map((field) => {
      const at = field.indexOf('=');
      return [field.slice(0, at), field.slice(at + 1)] as const;
    });
    const timestamp = fields.find(([name]) => name === 't')?.[1];
    const signatures = fields.filter(([name]) => name === 'v1').map(([, text]) => text);
    return stamped(timestamp, hmacClaim(signatures, `${timestamp}.`));
  },
};

/** Any sender's digest of the body, with or without `ALGORITHM=` before it. */
export function genericScheme(
  names: readonly string[],
  { algorithm, encoding }: { readonly algorithm: Algorithm; readonly encoding: Encoding },
): Scheme {
  return {
    read(headers) {
      const given = names.flatMap((name) => headerOf(headers, name) ?? [])[0];
      const bare = given?.startsWith(`${algorithm}=`) ? given.slice(algorithm.length + 1) : given;
      const text = encoding === 'hex' ? bare?.toLowerCase() : bare;
      const digest = decode(text, encoding);
      if (digest === undefined) return undefined;
      const expect = (secret: string, body: Buffer): Buffer =>
        createHmac(algorithm, secret).update(body).digest();
      return { signatures: [digest], expect };
    },
  };
}

/** The secret itself in a header, as a bearer token or bare. */
export function tokenScheme(name: string): Scheme {
  return {
    read: (headers) => tokenClaim(headerOf(headers, name)?.replace(/^bearer +/i, '')),
  };
}

function hmacClaim(texts: readonly (string | undefined)[], before = ''): Claim | undefined {
  const signatures = texts.flatMap((text) => decode(text, 'hex') ?? []);
  if (signatures.length === 0) return undefined;
  return {
    signatures,
    expect: (secret, body) =>
      createHmac('sha256', secret).update(before, 'latin1').update(body).digest(),
  };
}

function standardClaim(headers: IncomingHttpHeaders): Claim | undefined {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const texts = (headerOf(headers, 'webhook-signature') ?? '').split(' ');
  const signatures = texts.flatMap((text) => {
    return text.startsWith('v1,') ? (decode(text.slice('v1,'.length), 'base64') ?? []) : [];
  });
  if (id === undefined || signatures.length === 0) return undefined;
  const before = `${id}.${timestamp}.`;
  const expect = (secret: string, body: Buffer): Buffer => {
    const key = standardKey(secret);
    // What is no key signs nothing: a few of its bytes would soon be guessed.
    if (key === undefined) return NO_DIGEST;
    return createHmac('sha256', key).update(before, 'latin1').update(body).digest();
  };
  return stamped(timestamp, { signatures, expect });
}

/** No signature is equal to it. */
const NO_DIGEST = Buffer.alloc(0);

/**
 * The bytes that a secret of Standard Webhooks stands for; undefined for what is none, of which
 * base 64 would be read as far as it goes, perhaps not at all.
 */
export function standardKey(secret: string): Buffer | undefined {
  return decode(secret.replace(/^whsec_/, ''), 'base64');
}

/** Whoever compares digests of tokens does not tell by its time how long the right one is. */
function tokenClaim(token: string | undefined): Claim | undefined {
  if (token === undefined) return undefined;
  return {
    signatures: [sha256(Buffer.from(token, 'latin1'))],
    expect: (secret) => sha256(Buffer.from(secret)),
  };
}

function stamped(timestamp: string | undefined, claim: Claim | undefined): Claim | undefined {
  if (claim === undefined || !/^\d{1,12}$/.test(timestamp ?? '')) return undefined;
  return { ...claim, signedAt: Number(timestamp) * 1_000 };
}

/** One way to write each digest: what differs in a single character is another one. */
function decode(text: string | undefined, encoding: Encoding): Buffer | undefined {
  if (text === undefined || text === '') return undefined;
  const digest = Buffer.from(text, encoding);
  return digest.toString(encoding) === text ? digest : undefined;
}

function prefixed(headers: IncomingHttpHeaders, name: string, prefix: string): string | undefined {
  const text = headerOf(headers, name);
  return text?.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

/** A header's text; undefined where it is absent. Node joins what is sent twice by a comma. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function isEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function sha256(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}
